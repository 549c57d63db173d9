#include <stdio.h>
#define ROWS 3
#define TITLE "table"

enum color { RED, GREEN };

const char *label(enum color c) {
    switch (c) {
        case RED:
            return "red";
        default:
            return "green";
    }
}

int main(void) {
    double prices[] = {1.5, 2.25, 10.0};
    unsigned long total = 0;
    printf("%-10s|%8s|\n", TITLE, "price");
    for (int i = 0; i < ROWS; ++i)
        printf("%-10d|%8.2f|\n", i, prices[i]);
    for (int i = 1; i <= ROWS; ++i) {
        for (int j = 1; j <= ROWS; ++j)
            printf("%3d", i * j);
        putchar('\n');
    }
    for (int i = 0; i < 100; i++)
        total += i;
    printf("total %lu, %s, %c%c, %#x, %e, 100%%\n", total, label(GREEN), 'o', 'k', 255, 12345.678);
    return 0;
}
