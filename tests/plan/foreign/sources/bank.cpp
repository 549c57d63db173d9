#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <vector>

class Account {
    double balance_ = 0;

public:
    void deposit(double amount) {
        balance_ += amount;
        std::cout << "Deposited " << amount << std::endl;
    }
    void withdraw(double amount) {
        if (amount > balance_) throw std::runtime_error("insufficient funds");
        balance_ -= amount;
        std::cout << "Withdrew " << amount << std::endl;
    }
    double balance() const { return balance_; }
};

int main() {
    Account account;
    account.deposit(100);
    try {
        account.withdraw(30);
        account.withdraw(500);
    } catch (const std::exception &error) {
        std::cerr << "Error: " << error.what() << std::endl;
    }
    std::cout << std::fixed << std::setprecision(2) << "Balance: " << account.balance() << std::endl;
    std::vector<int> values = {3, 1, 2};
    for (int value : values) std::cout << value << ' ';
    std::cout << '\n';
    return account.balance() > 0 ? 0 : 1;
}
