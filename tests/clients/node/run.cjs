// Runs the body of an asynchronous function from standard input and prints what it returns as JSON.
// It sees `sdk` (the package), `dune` (a client) and `given` (the test's values).
const sdk = require("@duneanalytics/client-sdk");

async function main() {
  const { body, given, key } = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const dune = new sdk.DuneClient(key);
  const work = new (async () => {}).constructor("sdk", "dune", "given", body);
  const found = await work(sdk, dune, given).then(
    (value) => ({ value: value === undefined ? null : value }),
    (error) => ({ error: error.message }),
  );
  process.stdout.write(JSON.stringify(found));
}

main();
