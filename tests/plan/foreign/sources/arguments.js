#!/usr/bin/env node
const [name, times = "2"] = process.argv.slice(2);
if (!name) {
  console.error("usage: arguments.js NAME [TIMES]");
  process.exit(64);
}
for (let i = 0; i < Number(times); i++) console.log(`${i + 1}. hello ${name}`);
const table = { a: 1, b: [1, 2, 3] };
for (const key of Object.keys(table)) console.log(key, "=>", table[key]);
console.log("-".repeat(10), 7 / 2, 10 / 5, 0.1 + 0.2, -3 % 2, "a" + 1);
