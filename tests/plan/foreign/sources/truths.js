const zero = 0;
console.log(-zero, 0 * -1, -3 % 3, `${-zero}`);
console.log(1 === true, 1 == true, true === true, "1" == 1);
if ([]) console.log("an empty array is true");
if ("") console.log("never");
if (!"") console.log("an empty text is false");
let i = 1;
console.log(i++, i);
i++ && console.log("and", i);
let x = 5;
{
  let x = 1, y = x + 1;
  console.log(x, y);
}
let same = Math.random() < 2 ? 1 : 1;
if (Math.random() > 2) same = true;
else same = 1;
console.log("same", same);
switch (i) {
  case "3":
    console.log("a text");
    break;
  case 3:
    console.log("a number");
}
console.log(x, [1, 2].length, "ab".length);
