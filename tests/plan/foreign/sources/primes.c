#include <stdio.h>
#include <stdbool.h>

int main(void) {
    int count = 0, last = 0;
    for (int n = 2; count < 10; n++) {
        bool prime = true;
        for (int d = 2; d * d <= n; d++) {
            if (n % d == 0) {
                prime = false;
                break;
            }
        }
        if (prime) {
            printf("%d ", n);
            last = n;
            count++;
        }
    }
    printf("\n%d primes, the last is %d\n", count, last);
    int a = 84, b = 36;
    while (b != 0) {
        int t = a % b;
        a = b;
        b = t;
    }
    printf("gcd %d\n", a);
    long sum = 0;
    int i = 10;
    do {
        sum += i;
    } while (--i > 0);
    printf("sum %ld\n", sum);
    double total = 0.0;
    for (int k = 1; k <= 4; k++) total += 1.0 / k;
    printf("%.4f %g\n", total, total);
    return count;
}
