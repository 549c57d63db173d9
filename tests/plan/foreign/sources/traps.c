#include <stdio.h>
#include <string.h>

int said(int n) {
    printf("said %d\n", n);
    return n;
}

int main(void) {
    int i = 1;
    printf("%d %d\n", i, i++);
    i = 5;
    i++ && printf("and %d\n", i);
    (i++, printf("comma %d\n", i));
    int a = 5;
    {
        int a = 1, b = a + 1;
        printf("inner %d %d\n", a, b);
    }
    switch (said(2)) {
        case 1:
            puts("one");
            break;
        case 2:
            puts("two");
    }
    unsigned int u = 3;
    if (u - 5 < 0)
        puts("below");
    else
        puts("above");
    const char *name = "";
    if (name)
        puts("a name");
    if (!name)
        puts("no name");
    printf("%s|\n", "cut\0off");
    puts("end\0never");
    int t = i > 3 ? said(1) : said(0);
    while (said(t) < 0)
        puts("never");
    printf("%d %d\n", a, t);
    return (int)strlen(name);
}
