const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function job(name) {
  console.log(`start ${name}`);
  await wait(5);
  console.log(`end ${name}`);
  return name.length;
}

(async () => {
  const done = await Promise.all([job("a"), job("bb")]);
  console.log("results", done);
})();
console.log("first");
