export default {
  "transfer.imports": "Imports",
};
