import admin from "./admin";
import fields from "./fields";
import list from "./list";
import record from "./record";
import shell from "./shell";
import transfer from "./transfer";

export default { ...shell, ...list, ...fields, ...record, ...transfer, ...admin };
