#include <stdio.h>

int main(void) {
    int i = 0;
again:
    printf("turn %d\n", i);
    if (++i < 3)
        goto again;
    puts("end");
    return 0;
}
