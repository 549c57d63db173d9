#include <stdio.h>

int n = 1;
int calls;

void count(void) {
    static int times = 0;
    times++;
    calls++;
    printf("called %d times, n is %d\n", times, n);
}

int twice(int n) {
    n *= 2;
    return n;
}

int main(void) {
    int n = 5;
    count();
    {
        int n = 7;
        n++;
        printf("inner %d\n", n);
    }
    printf("outer %d, twice %d\n", n, twice(n));
    for (int n = 0; n < 2; n++)
        printf("loop %d\n", n);
    printf("still %d\n", n);
    count();
    char c = 'a';
    c += 2;
    printf("%c %d\n", c, c);
    unsigned char small = 250;
    small += 10;
    printf("%d\n", small);
    int big = 2147483647;
    printf("%d\n", big);
    int x = 3, y = x++ + 1;
    printf("%d %d\n", x, y);
    int z = (x = 10, x + 1);
    printf("%d %d calls %d\n", x, z, calls);
    int k;
    for (k = 0; k < 10; k++)
        if (k == 4)
            break;
    printf("k %d\n", k);
    int *p = &n;
    *p = 40;
    printf("n %d\n", n);
    return 0;
}
