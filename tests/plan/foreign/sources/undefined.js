console.log("before");
console.log(missing);
console.log("after");
