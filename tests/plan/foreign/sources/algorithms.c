#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <stdbool.h>
#define MAX 100
#define MIN(a, b) ((a) < (b) ? (a) : (b))
typedef enum { RED, GREEN, BLUE } Color;
typedef int (*op)(int, int);
typedef struct { int top; int data[MAX]; } Stack;
typedef struct Point { double x, y; } Point;
static const char *names[] = {"red", "green", "blue"};
int add(int a, int b) { return a + b; }
int mul(int a, int b) { return a * b; }
void push(Stack *s, int v) { if (s->top < MAX) s->data[s->top++] = v; }
int pop(Stack *s) { return s->top > 0 ? s->data[--s->top] : -1; }
bool is_prime(int n) { if (n < 2) return false; for (int i = 2; i * i <= n; i++) if (n % i == 0) return false; return true; }
long long fact(int n) { return n <= 1 ? 1 : n * fact(n - 1); }
int gcd(int a, int b) { while (b) { int t = a % b; a = b; b = t; } return a; }
void hanoi(int n, char a, char b, char c) { if (n == 0) return; hanoi(n - 1, a, c, b); printf("%c->%c ", a, c); hanoi(n - 1, b, a, c); }
void quick(int *a, int lo, int hi) { if (lo >= hi) return; int p = a[hi], i = lo - 1; for (int j = lo; j < hi; j++) if (a[j] < p) { i++; int t = a[i]; a[i] = a[j]; a[j] = t; } int t = a[i + 1]; a[i + 1] = a[hi]; a[hi] = t; quick(a, lo, i); quick(a, i + 2, hi); }
void permute(char *s, int l, int r) { if (l == r) { printf("%s ", s); return; } for (int i = l; i <= r; i++) { char t = s[l]; s[l] = s[i]; s[i] = t; permute(s, l + 1, r); t = s[l]; s[l] = s[i]; s[i] = t; } }
int *make(int n) { int *p = (int *)malloc(n * sizeof(int)); for (int i = 0; i < n; i++) p[i] = i * i; return p; }
int main(void) {
  Stack s = {0}; for (int i = 1; i <= 5; i++) push(&s, i * i);
  while (s.top) printf("%d ", pop(&s)); printf("\n");
  for (Color c = RED; c <= BLUE; c++) printf("%d:%s ", c, names[c]); putchar('\n');
  op ops[2] = {add, mul}; for (int i = 0; i < 2; i++) printf("%d ", ops[i](6, 7)); printf("\n");
  for (int i = 0; i < 50; i++) if (is_prime(i)) printf("%d ", i); printf("\n");
  printf("%lld %d %.3f %d\n", fact(20), gcd(84, 36), sqrt(2.0), MIN(3, 2));
  hanoi(3, 'A', 'B', 'C'); puts("");
  int a[] = {9, 3, 7, 1, 8, 2}; int n = sizeof(a) / sizeof(a[0]); quick(a, 0, n - 1); for (int i = 0; i < n; i++) printf("%d%s", a[i], i < n - 1 ? ", " : "\n");
  char w[] = "abc"; permute(w, 0, 2); puts("");
  int m[2][3] = {{1, 2, 3}, {4, 5, 6}}, t[3][2]; for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) t[j][i] = m[i][j];
  for (int i = 0; i < 3; i++) { for (int j = 0; j < 2; j++) printf("%3d", t[i][j]); printf("\n"); }
  int *sq = make(5); int sum = 0; for (int *p = sq; p < sq + 5; p++) sum += *p; printf("sum %d\n", sum); free(sq);
  char buf[64] = "the quick brown fox"; int words = 0; bool in = false; for (int i = 0; buf[i]; i++) { if (buf[i] == ' ') in = false; else if (!in) { in = true; words++; } } printf("%d words\n", words);
  char text[32]; sprintf(text, "%05d-%s", 42, "x"); printf("%s %zu\n", text, strlen(text)); strcat(text, "!"); printf("%s\n", text);
  Point p = {1.5, -2}, *q = &p; q->x += 1; printf("(%.1f, %.1f) %g\n", p.x, q->y, p.x * p.y);
  unsigned int bits = 0; for (int i = 0; i < 8; i += 2) bits |= 1u << i; printf("%u %#x %d\n", bits, bits, (bits >> 2) & 3);
  double avg = (double)sum / n; printf("%.2f %5.1f%%\n", avg, 12.345);
  int **g = malloc(3 * sizeof(int *)); for (int i = 0; i < 3; i++) { g[i] = calloc(3, sizeof(int)); g[i][i] = 1; } for (int i = 0; i < 3; i++) { for (int j = 0; j < 3; j++) printf("%d ", g[i][j]); printf("\n"); free(g[i]); } free(g);
  int x = 5; int y = x++ * 2; printf("%d %d %d\n", x, y, x > y ? x : y);
  bool sieve[51]; memset(sieve, true, sizeof(sieve)); for (int i = 2; i * i <= 50; i++) if (sieve[i]) for (int j = i * i; j <= 50; j += i) sieve[j] = false; int count = 0; for (int i = 2; i <= 50; i++) count += sieve[i]; printf("%d primes\n", count);
  long big = 1L << 40; printf("%ld %c %d\n", big, 'a' + 2, 'A'); float f = 0.1f; printf("%.10f %d\n", f, f == 0.1);
  int arr[5] = {1, 2}; for (int i = 0; i < 5; i++) printf("%d", arr[i]); printf("\n");
  const char *msg = "Hello"; while (*msg) putchar(*msg++); putchar('\n'); 
  return 0;
}
