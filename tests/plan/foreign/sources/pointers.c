#include <stdio.h>

void twice(int *x) { *x *= 2; }
int add(int a, int b) { return a + b; }
void apply(int (*f)(int, int)) { printf("applied %d\n", f(2, 3)); }

int main(void) {
    int x = 5;
    twice(&x);
    printf("x is %d\n", x);
    apply(add);
    int numbers[] = {1, 2, 3};
    numbers[1] = 7;
    for (int i = 0; i < 3; i++)
        printf("numbers[%d] = %d\n", i, numbers[i]);
    char word[] = "abc";
    word[0] = 'x';
    printf("%s\n", word);
    return 0;
}
