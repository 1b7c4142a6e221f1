import admin from "./admin";
import circle from "./circle";
import fields from "./fields";
import flows from "./flows";
import list from "./list";
import pools from "./pools";
import record from "./record";
import segments from "./segments";
import shell from "./shell";
import standing from "./standing";
import told from "./told";
import transfer from "./transfer";

export default {
  ...shell,
  ...list,
  ...fields,
  ...flows,
  ...record,
  ...circle,
  ...segments,
  ...told,
  ...transfer,
  ...pools,
  ...standing,
  ...admin,
};
