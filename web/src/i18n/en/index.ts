/** Words that the first screens say. */
import circle from "./circle";
import fields from "./fields";
import list from "./list";
import near from "./near";
import record from "./record";
import segments from "./segments";
import shell from "./shell";
import standing from "./standing";
import told from "./told";
import twins from "./twins";

export default {
  ...circle,
  ...fields,
  ...list,
  ...near,
  ...record,
  ...segments,
  ...shell,
  ...standing,
  ...told,
  ...twins,
};
