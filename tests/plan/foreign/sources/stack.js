const fs = require('fs');
class Stack { constructor() { this.a = []; } push(x) { this.a.push(x); console.log(`pushed ${x}`); } pop() { const x = this.a.pop(); console.log('popped', x); return x; } }
const s = new Stack();
s.push(1); s.push(2);
while (s.a.length) s.pop();
setTimeout(() => console.log("later"), 10);
console.log("now");
