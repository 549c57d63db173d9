#include <stdio.h>
#include <time.h>

int level = 3;

int main(void) {
    long started = time(NULL);
    puts("begin");
    {
        --level;
        printf("%d\n", level);
        int level = 40;
        level++;
        printf("%d\n", level);
    }
    printf("%d\n", level);
    return started < 0;
}
