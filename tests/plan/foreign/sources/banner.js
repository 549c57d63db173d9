const TITLE = "Report";
const rows = [["alpha", 1], ["beta", 22]];
const line = (width) => "=".repeat(width);

function show(title) {
  console.log(`${"*".repeat(3)} ${title} ${"*".repeat(3)}`);
}

show(TITLE);
for (let i = 0; i < 3; i++) {
  if (i === 1) continue;
  console.log("step", i, i % 2 === 0 ? "even" : "odd");
}
for (let i = 5; i > 0; i -= 2) console.log(i);
switch (TITLE) {
  case "Report":
    console.log("a report");
    break;
  default:
    console.log("something else");
}
console.log(3 > 2, 1.5, 2.0, 100 / 3 > 33, 'it\'s', "tab\there");
