#include <iostream>
#include <string>

class Guard {
public:
    explicit Guard(std::string name) : name_(name) { std::cout << "begin " << name_ << '\n'; }
    ~Guard() { std::cout << "end " << name_ << '\n'; }

private:
    std::string name_;
};

int main() {
    Guard outer("outer");
    {
        Guard inner("inner");
        std::cout << "inside" << std::endl;
    }
    std::cout << "done\n";
}
