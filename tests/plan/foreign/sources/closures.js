const counter = (start) => {
  let n = start;
  return { next: () => { n += 1; console.log(`n is now ${n}`); return n; } };
};
const c = counter(5);
c.next();
c.next();
const words = ["apple", "fig", "cherry"];
words.push("date");
words.sort().forEach((word) => console.log(word.padEnd(8) + "|" + word.length));
console.log(words.map((word) => word.toUpperCase()).join(", "));
