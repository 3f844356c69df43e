// The SDK has no setting for its address: calls to Dune's host go to the server under test.
// Only the host's part of an address is changed; everything else is sent as the SDK made it.
const real = globalThis.fetch;

globalThis.fetch = (address, options) =>
  real(String(address).replace("https://api.dune.com", process.env.SERVER_URL), options);
