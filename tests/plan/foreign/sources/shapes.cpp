#include <iostream>
#include <vector>
#include <string>
class Shape { public: virtual void draw() const { std::cout << "shape" << std::endl; } };
class Circle : public Shape { public: void draw() const override { std::cout << "circle" << std::endl; } };
int main() {
    std::string who = "me"; int n = 3;
    std::cout << "hi " << who << " " << n << " " << 2.5 << "\n";
    std::vector<int> v = {1,2,3};
    for (auto x : v) std::cout << x << " ";
    std::cout << std::endl;
    Circle c; c.draw();
    for (int i = 0; i < n; ++i) std::cout << "i=" << i << '\n';
    std::cerr << "err" << std::endl;
    return 0;
}
