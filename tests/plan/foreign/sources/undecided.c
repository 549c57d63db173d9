#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int seen = 0, level = 1;
    int wanted = argc > 1 ? atoi(argv[1]) : atoi("3");
    for (int i = 0; i < 6; i++) {
        if (i == wanted) {
            printf("found at %d\n", i);
            seen = i;
            break;
        }
        level = i;
        printf("looking at %d\n", i);
    }
    printf("seen %d level %d\n", seen, level);
    int steps = 0;
    while (wanted > 1) {
        wanted = wanted % 2 ? 3 * wanted + 1 : wanted / 2;
        steps++;
    }
    printf("steps %d\n", steps);
    switch (wanted) {
        case 1: level = 9; break;
        case 2: level = 8;
    }
    printf("level %d\n", level);
    if (steps > 2) level = 1; else level = 1;
    printf("level %d\n", level);
    return steps > 100;
}
