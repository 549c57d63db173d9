#include <iostream>
#include <string>
#include <vector>

int total(const std::vector<int> &values) {
    int sum = 0;
    for (int value : values) sum += value;
    return sum;
}

int main() {
    std::string word = "ab";
    word += "c";
    std::vector<int> values;
    for (int i = 0; i < 4; ++i) values.push_back(i * i);
    int count = 0;
    for (const auto &value : values) {
        if (value % 2) continue;
        count++;
        std::cout << "even " << value << "\n";
    }
    std::cout << word << " " << count << " " << total(values) << std::endl;
    int i = 0;
    while (true) {
        if (++i > 3) break;
        std::cout << "i=" << i << std::endl;
    }
    auto add = [&count](int n) { count += n; };
    add(5);
    std::cout << count << '\n';
    return count;
}
