#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
struct Node { char key[16]; int count; struct Node *left, *right; };
struct Node *insert(struct Node *n, const char *k) {
  if (n == NULL) { n = malloc(sizeof *n); strcpy(n->key, k); n->count = 1; n->left = n->right = NULL; return n; }
  int c = strcmp(k, n->key);
  if (c == 0) n->count++; else if (c < 0) n->left = insert(n->left, k); else n->right = insert(n->right, k);
  return n; }
void show(struct Node *n, int depth) { if (!n) return; show(n->left, depth + 1); printf("%*s%s: %d\n", depth * 2, "", n->key, n->count); show(n->right, depth + 1); }
typedef struct { char name[20]; int age; float gpa; } Student;
int by_age(const void *a, const void *b) { const Student *x = a, *y = b; return x->age - y->age; }
int by_name(const void *a, const void *b) { return strcmp(((Student *)a)->name, ((Student *)b)->name); }
void upper(char *s) { for (; *s; ++s) *s = toupper((unsigned char)*s); }
int count_vowels(const char *s) { int n = 0; for (int i = 0; i < (int)strlen(s); i++) switch (tolower(s[i])) { case 'a': case 'e': case 'i': case 'o': case 'u': n++; } return n; }
char *reverse(const char *s) { size_t n = strlen(s); char *r = malloc(n + 1); for (size_t i = 0; i < n; i++) r[i] = s[n - 1 - i]; r[n] = '\0'; return r; }
int memo[50];
int fibm(int n) { if (n < 2) return n; if (memo[n]) return memo[n]; return memo[n] = fibm(n - 1) + fibm(n - 2); }
int main(int argc, char *argv[]) {
  const char *words[] = {"pear", "apple", "fig", "apple", "plum", "fig", "apple"}; struct Node *root = NULL;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) root = insert(root, words[i]); show(root, 0);
  Student st[3] = {{"Zed", 21, 3.1f}, {"Amy", 25, 3.9f}, {"Bob", 19, 2.5f}};
  qsort(st, 3, sizeof(Student), by_age); for (int i = 0; i < 3; i++) printf("%-5s %d %.1f\n", st[i].name, st[i].age, st[i].gpa);
  qsort(st, 3, sizeof(Student), by_name); for (int i = 0; i < 3; i++) printf("%s ", st[i].name); printf("\n");
  char s[] = "Hello, World"; upper(s); printf("%s %d\n", s, count_vowels(s)); char *r = reverse(s); puts(r); free(r);
  printf("%d\n", fibm(40)); int freq[26] = {0}; for (char *p = s; *p; p++) if (isalpha(*p)) freq[*p - 'A']++; for (int i = 0; i < 26; i++) if (freq[i]) printf("%c%d ", 'A' + i, freq[i]); printf("\n");
  int low = 0, high = 9, target = 7, data[10], steps = 0; for (int i = 0; i < 10; i++) data[i] = i * 3; target = 21;
  while (low <= high) { int mid = low + (high - low) / 2; steps++; if (data[mid] == target) { printf("found at %d in %d\n", mid, steps); break; } else if (data[mid] < target) low = mid + 1; else high = mid - 1; }
  char line[] = "a,b,,c"; char *t = strchr(line, ','); printf("%ld %s\n", (long)(t - line), t + 1); 
  int n = 12345, rev = 0; while (n) { rev = rev * 10 + n % 10; n /= 10; } printf("%d\n", rev);
  for (int i = 1; i <= 3; i++) { for (int j = 1; j <= 3; j++) printf("%d\t", i * j); printf("\n"); }
  unsigned char byte = 0xF0; printf("%d %d %d\n", byte >> 4, (char)byte, ~byte & 0xFF); int neg = -7; printf("%d %d %d\n", neg / 2, neg % 3, neg >> 1);
  printf("%5.2f|%-8s|%08.3f|%+d|%e|%g\n", 3.14159, "ab", 2.5, 7, 12345.678, 0.0001); printf("%s\n", argc > 1 ? argv[1] : "none"); 
  for (int i = 0; i < 20; i++) { if (i % 2) continue; if (i > 10) goto done; printf("%d ", i); } done: printf("\n");
  srand(7); for (int i = 0; i < 3; i++) printf("%d ", rand() % 6 + 1); printf("\n");
  return argc - 1; }
