const items = ['a', 'b', 'c'];
let total = 0;
function greet(name, times = 1) { console.log(`Hello, ${name}!`); return name.length; }
items.forEach((x, i) => console.log(`item ${i}: ${x}`));
for (let i = 0; i < 3; i++) { total += i; console.log("i =", i, i % 2 === 0 ? "even" : "odd"); }
for (const it of items) console.log("- " + it);
console.log("total", total, total.toFixed(2));
greet("Ann"); greet("Bob");
console.log("=".repeat(20));
console.log([1,2,3], {a: 1});
if (process.argv.length > 2) console.log("args:", process.argv[2]); else console.log("no args");
console.error("bad thing");
process.stdout.write("no newline");
process.stdout.write("\n");
const f = (a, b) => a + b;
console.log(`sum is ${f(2, 3)}`, 1.5 * 2, 10 / 4, items.join(", "), items.length, true);
