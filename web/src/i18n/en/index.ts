import admin from "./admin";
import circle from "./circle";
import fields from "./fields";
import flows from "./flows";
import list from "./list";
import merge from "./merge";
import pools from "./pools";
import quality from "./quality";
import record from "./record";
import segments from "./segments";
import shell from "./shell";
import standing from "./standing";
import told from "./told";
import transfer from "./transfer";
import twins from "./twins";

export default {
  ...twins,
  ...shell,
  ...list,
  ...fields,
  ...flows,
  ...merge,
  ...record,
  ...circle,
  ...segments,
  ...told,
  ...transfer,
  ...pools,
  ...quality,
  ...standing,
  ...admin,
};
