#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char *argv[]) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s NAME COUNT\n", argv[0]);
        return 2;
    }
    int count = atoi(argv[2]);
    if (count < 0) {
        puts("negative");
        exit(EXIT_FAILURE);
    }
    for (int i = 0; i < count; i++)
        printf("%d: hello %s\n", i + 1, argv[1]);
    return EXIT_SUCCESS;
}
