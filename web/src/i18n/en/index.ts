import admin from "./admin";
import fields from "./fields";
import list from "./list";
import record from "./record";
import shell from "./shell";
import told from "./told";
import transfer from "./transfer";

export default { ...shell, ...list, ...fields, ...record, ...told, ...transfer, ...admin };
