#include <stdio.h>
#include <stdlib.h>
typedef struct Item { int v; struct Item *next; } Item;
typedef struct { Item *head, *tail; int size; } Queue;
void enqueue(Queue *q, int v) { Item *it = malloc(sizeof(Item)); it->v = v; it->next = NULL; if (q->tail) q->tail->next = it; else q->head = it; q->tail = it; q->size++; }
int dequeue(Queue *q) { Item *it = q->head; int v = it->v; q->head = it->next; if (!q->head) q->tail = NULL; free(it); q->size--; return v; }
int board[8]; int solutions;
int safe(int r, int c) { for (int i = 0; i < r; i++) if (board[i] == c || abs(board[i] - c) == r - i) return 0; return 1; }
void solve(int r, int n) { if (r == n) { solutions++; return; } for (int c = 0; c < n; c++) if (safe(r, c)) { board[r] = c; solve(r + 1, n); } }
double power(double b, int e) { double r = 1; for (int i = 0; i < e; i++) r *= b; return r; }
int collatz(long n) { int steps = 0; while (n != 1) { n = n % 2 ? 3 * n + 1 : n / 2; steps++; } return steps; }
unsigned hash(const char *s) { unsigned h = 5381; while (*s) h = h * 33 + (unsigned char)*s++; return h; }
int main() {
  Queue q = {NULL, NULL, 0}; for (int i = 0; i < 4; i++) enqueue(&q, i * 10); printf("%d ", dequeue(&q)); int dq = dequeue(&q); printf("%d %d\n", dq, q.size);
  solve(0, 6); printf("%d solutions\n", solutions); printf("%.4f %d %u\n", power(1.1, 10), collatz(27), hash("hello"));
  int grid[5][5]; for (int i = 0; i < 5; i++) for (int j = 0; j < 5; j++) grid[i][j] = (i + j) % 2; for (int i = 0; i < 5; i++) { for (int j = 0; j < 5; j++) putchar(grid[i][j] ? '#' : '.'); putchar('\n'); }
  int A[2][2] = {{1, 2}, {3, 4}}, B[2][2] = {{5, 6}, {7, 8}}, C[2][2] = {0}; for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) for (int k = 0; k < 2; k++) C[i][j] += A[i][k] * B[k][j]; printf("%d %d %d %d\n", C[0][0], C[0][1], C[1][0], C[1][1]);
  double sum = 0; for (int i = 1; i <= 1000; i++) sum += 1.0 / i; printf("%.6f\n", sum); float fs = 0; for (int i = 0; i < 10; i++) fs += 0.1f; printf("%.8f\n", fs);
  int dec = 37; char bin[33]; int k = 0; while (dec) { bin[k++] = dec % 2 + '0'; dec /= 2; } bin[k] = 0; for (int i = k - 1; i >= 0; i--) putchar(bin[i]); putchar('\n');
  int v = 3; { int v = 4; v++; printf("%d ", v); } printf("%d\n", v); do { v--; } while (v > 0); printf("%d\n", v); 
  printf("%d\n", printf("four\n")); short sh = (short)40000; printf("%d %d\n", sh, (int)3.99); printf("%lu %lu %lu\n", sizeof(int), sizeof(Item), sizeof(double)); return EXIT_SUCCESS; }
