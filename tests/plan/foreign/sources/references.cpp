#include <iostream>

void grow(int &n) { n += 10; }

int main() {
    int n = 1;
    grow(n);
    int &alias = n;
    alias++;
    std::cout << "n=" << n << std::endl;
    for (int i = 0; i < 2; i++) std::cout << "i " << i << " of " << 2 << "\n";
    return 3;
}
