#include <iomanip>
#include <iostream>

int main() {
    char c = 'a';
    auto d = 'b';
    int n = 255;
    bool b = true;
    std::cout << c << d << n << b << std::endl;
    std::cout << std::hex;
    std::cout << n << " " << 16 << std::endl;
    std::cout << std::dec << std::setw(6) << n << "|" << std::endl;
    std::cout << 'x' << '\n' << "done" << std::endl;
    return 0;
}
