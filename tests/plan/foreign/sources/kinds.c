#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define N 4
#define NAME "World"
static int square(int x) { return x * x; }
static void banner(const char *title) { printf("=== %s ===\n", title); }
int main(int argc, char *argv[]) {
    const char *names[] = {"ann", "bob", "cy"};
    double pi = 3.14159; int total = 0;
    banner("start");
    printf("Hello, %s! pi=%.2f %5d|%-6s|%05d %c %x %%\n", NAME, pi, 42, "ab", 7, 'Z', 255);
    for (int i = 0; i < 3; i++) { printf("%d: %s\n", i, names[i]); }
    for (int i = 1; i <= N; ++i) { total += square(i); if (i % 2 == 0) printf("even %d ", i); else printf("odd %d ", i); }
    printf("\ntotal %d\n", total);
    if (argc > 1) { printf("args %d first %s\n", argc, argv[1]); } else { puts("no args"); }
    switch (argc) { case 1: puts("one"); break; case 2: puts("two"); default: puts("more"); }
    int n = 10; while (n > 0) { printf("n=%d\n", n); n /= 2; }
    do { puts("once"); } while (0);
    fprintf(stderr, "warn %d\n", 3);
    for (int i = 10; i > 0; i -= 3) printf("%d ", i);
    putchar('\n');
    return argc > 1 ? 3 : 0;
}
