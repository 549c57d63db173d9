#include <stdio.h>

int main(int argc, char **argv) {
    int zero = argc - 1;
    int *nowhere = 0;
    printf("before\n");
    fflush(stdout);
    if (argc > 1)
        *nowhere = 1;
    printf("%d\n", 6 / zero);
    printf("after\n");
    return 0;
}
