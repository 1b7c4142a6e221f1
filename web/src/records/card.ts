/** What a business card says, read from its text: Chinese and Western, pasted or dictated. */

export interface Card {
  name: string;
  company: string;
  title: string;
  department: string;
  mobile: string;
  phone: string;
  email: string;
  url: string;
  address: string;
  wechat: string;
}

const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/;
const SITE =
  /(?:https?:\/\/)?(?:www\.)?(?:[a-z0-9-]+\.)+(?:com\.cn|net\.cn|org\.cn|com|cn|net|org|io|ai|co|de|fr|uk|eu|us|jp|info|biz|tech|example)(?:\/[^\s,;，；]*)?/i;
/** Digits with the marks that people put between them. */
const NUMBER = /(?:\+|00)?\(?\d[\d\s().\-–—/]{5,20}\d(?:\s*(?:转|ext\.?|x|-)\s*\d{1,6})?/gi;
const MOBILE = /^(?:(?:\+|00)?86)?1[3-9]\d{9}$/;

const LABELS: [keyof Card | "fax" | "skip", RegExp][] = [
  ["fax", /^(?:传\s*真|fax|telefax|f)(?=[\s:：.(+\d])/i],
  ["mobile", /^(?:手\s*机(?:号码?)?|移动电话|mobile(?:\s*phone)?|mob|cell(?:\s*phone)?|m)(?=[\s:：.(+\d])/i],
  [
    "phone",
    /^(?:电\s*话|座\s*机|固\s*话|直\s*线|总\s*机|联系电话|telephone|tel|phone|office|direct|t|p|o)(?=[\s:：.(+\d])/i,
  ],
  ["email", /^(?:邮\s*箱|电子邮[箱件]|e-?mail|mail|e)(?=[\s:：.])/i],
  ["url", /^(?:网\s*址|官\s*网|主\s*页|website|web|url|w)(?=[\s:：.])/i],
  ["wechat", /^(?:微\s*信(?:号)?|wechat(?:\s*id)?|weixin|wx)(?=[\s:：.])/i],
  ["address", /^(?:地\s*址|公司地址|办公地址|address|addr|add|a)(?=[\s:：.])/i],
  ["company", /^(?:公\s*司|单\s*位|企\s*业|company|organi[sz]ation)(?=[\s:：])/i],
  ["department", /^(?:部\s*门|department|dept)(?=[\s:：.])/i],
  ["title", /^(?:职\s*[务位称]|title|position|job title)(?=[\s:：])/i],
  ["name", /^(?:姓\s*名|联系人|name|contact)(?=[\s:：])/i],
  ["skip", /^(?:qq|邮\s*编|zip|postcode)(?=[\s:：.\d])/i],
];

const COMPANY_ZH =
  /(?:公司|集团|企业|工厂|厂|研究院|研究所|事务所|大学|学院|医院|银行|中心|协会|商行|工作室|合作社|股份|有限)(?:[（(].{1,12}[)）])?(?:.{0,6}(?:分公司|办事处|代表处))?$/;
const COMPANY_EN =
  /\b(?:inc|incorporated|ltd|limited|llc|llp|plc|corp|corporation|company|co|gmbh|ag|kg|se|sa|sas|sarl|srl|s\.p\.a|spa|bv|b\.v|nv|oy|ab|as|aps|a\/s|asa|oyj|kft|zrt|s\.?r\.?o|d\.?o\.?o|sp\. ?z ?o\. ?o|ltda|lda|pvt|bhd|k\.k|pty|pte|group|holdings?|industries|technologies|technology|systems|solutions|university|institute|bank|hospital|partners|consulting)\b\.?(?:\s*(?:&|and)\s*co\.?)?(?:\s*kg)?\s*$/i;
const TITLE_ZH =
  /(?:董事长|总裁|总经理|副总|总监|经理|主任|主管|主席|会长|院长|所长|厂长|部长|处长|科长|校长|行长|工程师|设计师|架构师|分析师|会计师?|律师|顾问|助理|秘书|专员|代表|教授|研究员|医生|医师|店长|采购|销售|合伙人|创始人|董事|负责人|总工|技术员|组长|班长|店主|老师)$/;
const TITLE_EN =
  /\b(?:c[etfiom]o|cmo|cpo|president|chair(?:man|woman|person)?|director|manager|head|lead|leader|officer|engineer|developer|architect|designer|analyst|consultant|advis[oe]r|assistant|secretary|specialist|representative|executive|partner|founder|owner|professor|doctor|buyer|purchas(?:er|ing)|procurement|sales|accountant|attorney|lawyer|vp|svp|evp|geschäftsführer(?:in)?|vertrieb|einkauf|leiter(?:in)?)\b/i;
const DEPARTMENT_ZH = /(?:部|处|科|中心|事业部|办公室|车间|组)$/;
const DEPARTMENT_EN = /\b(?:department|dept\.?|division|team|unit)\b/i;
const ADDRESS_ZH = /(?:省|市|自治区|区|县|镇|乡|路|街|道|大道|巷|弄|号|栋|幢|座|楼|层|室|园|园区|大厦|广场|工业区)/g;
const ADDRESS_EN =
  /\b(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|way|square|sq|floor|fl|suite|ste|building|bldg|room|rm|p\.?\s?o\.?\s?box|plaza|court|parkway|highway)\b|(?:straße|strasse|str\.|platz|allee|weg|gasse)|\brue\b|\b[A-Z]{2}\s+\d{5}\b|\b\d{5}\s+\p{Lu}|\b[A-Z]{1,2}\d{1,2}[A-Z]?\s*\d[A-Z]{2}\b/iu;

const SURNAMES =
  "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍成苗谷盛曲翁冉骆蓝路游靳管柴蒙鲍华喻祁房滕屈饶解牟艾尤时穆农司古吉缪简车项连芦麦褚娄窦戚岑党宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师和仇栾丘刁沙商寇荣巫";
const SURNAME = new RegExp(`^(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|[${SURNAMES}])`);

const clean = (text: string): string => text.replace(/^[\s:：.,，;；|·•\-–—]+|[\s:：,，;；|·•\-–—]+$/gu, "");
const digits = (text: string): string => text.replace(/[^\d+]/g, "");

function nameZh(text: string): string | null {
  const bare = text.replace(/\s+/g, "").replace(/(?:先生|女士|小姐)$/, "");
  return /^\p{Script=Han}{2,4}$/u.test(bare) && SURNAME.test(bare) && !TITLE_ZH.test(bare) && !COMPANY_ZH.test(bare)
    ? bare
    : null;
}

function nameEn(text: string): string | null {
  const bare = text
    .replace(/^(?:mr|mrs|ms|dr|prof|dipl\.?-ing|herr|frau)\.?\s+/i, "")
    .replace(/,?\s*(?:ph\.?d\.?|mba|m\.?sc\.?|b\.?sc\.?|cpa|esq|jr|sr)\.?$/i, "")
    .trim();
  const words = bare.split(/\s+/);
  const named = words.every((word) => /^(?:\p{Lu}[\p{L}'’.-]*|van|von|de|der|den|la|le|di|da|bin|al)$/u.test(word));
  return words.length >= 2 && words.length <= 4 && named && !TITLE_EN.test(bare) && !COMPANY_EN.test(bare)
    ? bare
    : null;
}

const isCompany = (text: string): boolean =>
  /\p{Script=Han}/u.test(text)
    ? COMPANY_ZH.test(text) && text.length >= 4
    : COMPANY_EN.test(text) && text.split(/\s+/).length <= 8;

function isAddress(text: string): boolean {
  if (/\p{Script=Han}/u.test(text))
    return (
      (text.match(ADDRESS_ZH)?.length ?? 0) >= 2 &&
      (/\d|[省市区县路街]/.test(text) || text.length > 8) &&
      text.length >= 6
    );
  return ADDRESS_EN.test(text) && /\d/.test(text);
}

const isTitle = (text: string): boolean =>
  text.length <= 60 && (/\p{Script=Han}/u.test(text) ? TITLE_ZH.test(text) : TITLE_EN.test(text));

/** Reads what it can; what it cannot tell is left empty rather than guessed. */
export function readCard(text: string): Card {
  const card: Card = {
    name: "",
    company: "",
    title: "",
    department: "",
    mobile: "",
    phone: "",
    email: "",
    url: "",
    address: "",
    wechat: "",
  };
  const put = (key: keyof Card, value: string) => {
    const said = clean(value);
    if (said && !card[key]) card[key] = said;
  };
  const number = (said: string, kind: "mobile" | "phone" | null) => {
    const bare = digits(said);
    if (bare.replace("+", "").length < 7) return false;
    const mobile = MOBILE.test(bare) || kind === "mobile";
    put(mobile && !(kind === "phone" && !MOBILE.test(bare)) ? "mobile" : "phone", said);
    return true;
  };
  const rest: string[] = [];
  const lines = text
    .normalize("NFKC")
    .replace(/\r/g, "")
    .split(/\n|[|｜•·]{1,2}(?=\s)|\t|\s{3,}/)
    .map((line) => line.trim())
    .filter(Boolean);
  for (const whole of lines) {
    let line = whole;
    const label = LABELS.find(([, pattern]) => pattern.test(line));
    const key = label?.[0] ?? null;
    if (label) line = clean(line.replace(label[1], ""));
    if (key === "fax" || key === "skip") continue;
    const email = EMAIL.exec(line);
    if (email) {
      put("email", email[0].toLowerCase());
      line = line.replace(email[0], " ");
    }
    const site = SITE.exec(line);
    if (site && (key === "url" || /^(?:https?:|www\.)/i.test(site[0]) || clean(line) === site[0])) {
      put("url", site[0]);
      line = line.replace(site[0], " ");
    }
    if (key === "wechat") {
      put("wechat", line.split(/\s/)[0] ?? "");
      continue;
    }
    if (key && ["name", "company", "title", "department", "address"].includes(key)) {
      put(key as keyof Card, line);
      continue;
    }
    if (key === "mobile" || key === "phone" || !isAddress(line)) {
      // Several numbers may stand on one line, each with its own label.
      let kind: "mobile" | "phone" | "fax" | null = key === "mobile" || key === "phone" ? key : null;
      let last = 0;
      const taken: string[] = [];
      for (const match of line.matchAll(NUMBER)) {
        const before = line.slice(last, match.index);
        if (/传\s*真|fax|(?:^|\s)f[:：.]/i.test(before)) kind = "fax";
        else if (/手\s*机|mob|cell|(?:^|\s)m[:：.]/i.test(before)) kind = "mobile";
        else if (/电\s*话|tel|phone|(?:^|\s)[tp][:：.]/i.test(before)) kind = "phone";
        last = match.index + match[0].length;
        if (kind !== "fax" && number(match[0], kind)) taken.push(match[0]);
        else if (kind === "fax") taken.push(match[0]);
      }
      for (const one of taken) line = line.replace(one, " ");
      if (taken.length)
        line = line.replace(/(?:手\s*机|电\s*话|传\s*真|tel|fax|mobile|mob|phone|cell)\s*[:：.]?/gi, " ");
    }
    line = clean(line.replace(/\s{2,}/g, " "));
    if (line.length > 1 && !key) rest.push(line);
  }
  sort(rest, card, put);
  return card;
}

/** Lines without a label, told apart by how they look; a name before a title, a title before a department. */
function sort(lines: string[], card: Card, put: (key: keyof Card, value: string) => void): void {
  const left: string[] = [];
  for (const line of lines) {
    if (isCompany(line)) put("company", line);
    else if (isAddress(line)) put("address", card.address ? "" : line);
    else left.push(line);
  }
  for (const spelt of left) {
    // Names are often set wide: 许 海 涛
    const line = spelt.replace(/^\p{Script=Han}(?:\s\p{Script=Han}){1,2}(?=\s|$)/u, (name) => name.replace(/\s/g, ""));
    // 王建国 总经理, or Anna Roth, Head of Sales
    const parts = line.split(/\s*[,，/]\s*|\s+(?=\p{Script=Han})|(?<=\p{Script=Han})\s+/u).filter(Boolean);
    for (const part of parts) {
      const name = card.name ? null : (nameZh(part) ?? nameEn(part));
      if (name) put("name", name);
      else if (isTitle(part)) {
        // 采购部经理: the department is in the title
        const inside = /^(\p{Script=Han}{2,8}?(?:事业部|中心|部|处|科))(\p{Script=Han}{2,8})$/u.exec(part);
        if (inside && isTitle(inside[2] ?? "")) {
          put("department", inside[1] ?? "");
          put("title", inside[2] ?? "");
        } else put("title", part);
      } else if (DEPARTMENT_ZH.test(part) || DEPARTMENT_EN.test(part)) put("department", part);
      else if (!card.name && parts.length === 1 && nameEn(line)) put("name", line);
    }
  }
}
