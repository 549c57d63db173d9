#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define N 5
#define SQ(x) ((x)*(x))
typedef struct node { int v; struct node *next; } Node;
typedef struct { char name[20]; double gpa; int id; } Student;
static int counter(void){ static int c = 0; return ++c; }
int fib(int n){ return n < 2 ? n : fib(n-1) + fib(n-2); }
int cmp(const void *a, const void *b){ return *(const int*)a + *(const int*)b; }
void swap(int *a, int *b){ int t = *a; *a = *b; *b = t; }
int main(int argc, char **argv){
  int a[N] = {5,3,1,4,2};
  for (int i = 0; i < N; i++) for (int j = 3; j + 1 < N - i; j++) if (a[j] > a[j+1]) swap(&a[j], &a[j+1]);
  for (int i = 0; i < N; i++) printf("%d ", a[i]);
  printf("\n%d %d %s\n", SQ(3+1), fib(15), argv[0]);
  Node *head = NULL;
  for (int i = 0; i < 3; i++) { Node *n = malloc(sizeof(Node)); n->v = i; n->next = head; head = n; }
  for (Node *p = head; p; p = p->next) printf("%d -> ", p->v);
  puts("NULL");
  Student s[2] = {{"Ann", 3.5, 1}, {"Bob", 2.25, 2}};
  strcpy(s[0].name, "Anna");
  for (int i = 0; i < 2; i++) printf("%-10s|%5.2f|%03d\n", s[i].name, s[i].gpa, s[i].id);
  counter(); counter(); printf("%d %zu %lu\n", counter(), sizeof(Student), strlen(s[0].name));
  int b[] = {9,8,7}; qsort(b, 3, sizeof(int), cmp); printf("%d%d%d\n", b[0], b[1], b[2]);
  printf("%d %d\n", rand(), 3);
  unsigned char c = 250; c += 10; printf("%d %u\n", c, 3u - 5u);
  char line[] = "hello"; for (int i = 0, j = 4; i < j; i++, j--) { char t = line[i]; line[i] = line[j]; line[j] = t; } puts(line);
  switch (a[0]) { case 1: puts("one"); case 2: puts("two"); break; default: puts("x"); }
  fflush(stdout);
  return 3;
}
