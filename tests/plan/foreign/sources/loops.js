let sum = 0;
for (let i = 1; i <= 10; i++) sum += i;
console.log(`sum ${sum}`);
let n = 6, steps = 0;
while (n !== 1) {
  n = n % 2 === 0 ? n / 2 : 3 * n + 1;
  steps++;
  console.log(steps, n);
}
let text = "";
for (let row = 1; row <= 3; row++) {
  text += "*".repeat(row) + "\n";
}
console.log(text);
const seen = [];
for (const x of [3, 1, 2]) {
  if (x === 1) continue;
  seen.push(x);
}
console.log(seen, seen.length);
let counter = 0;
function bump() {
  counter++;
  console.log("counter", counter);
}
bump();
bump();
let label = "low";
if (sum > 50) label = "high";
console.log(label, sum / 4, sum % 7);
for (let i = 0; ; i++) {
  if (i * i > 20) {
    console.log("stop at", i);
    break;
  }
}
do {
  sum -= 20;
} while (sum > 0);
console.log(sum);
var i = 3;
{
  let i = 4;
  i++;
  console.log(i);
}
console.log(i);
for (const k in { a: 1, b: 2 }) console.log(k);
let a = 1, b = 1;
for (let k = 0; k < 5; k++) [a, b] = [b, a + b];
console.log(a, b);
