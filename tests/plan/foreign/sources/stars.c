#include <stdio.h>
int main(void) {
    int rows = 3;
    for (int i = 1; i <= rows; i++) {
        for (int j = 0; j < i; j++) printf("*");
        printf("\n");
    }
    for (int i = 0; i < 5; i++) { if (i == 1) continue; if (i == 3) break; printf("i=%d\n", i); }
    if (rows < 2) { printf("few\n"); return 1; }
    printf("7/2=%d 7%%2=%d %f\n", 7/2, 7%2, 7/2.0);
    return 2;
}
