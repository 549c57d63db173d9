class LimitError extends Error {}

function check(n) {
  if (n > 2) throw new LimitError(`too many: ${n}`);
  console.log("ok", n);
}

for (let i = 0; i < 5; i++) {
  try {
    check(i);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    console.log("checked");
  }
}
