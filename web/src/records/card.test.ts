import { describe, expect, it } from "vitest";
import { type Card, readCard } from "./card";

const cases: [string, string, Partial<Card>][] = [
  [
    "a Chinese card, line by line",
    "苏州澜石精密制造有限公司\n顾建平\n总经理\n手机：139 1000 0001\n电话：0512-62889100 转 8\n传真：0512-62889101\n邮箱：gu@lanshi.example\n网址：www.lanshi.example\n地址：江苏省苏州市工业园区榭雨街 88 号\n邮编：215123",
    {
      name: "顾建平",
      company: "苏州澜石精密制造有限公司",
      title: "总经理",
      mobile: "139 1000 0001",
      phone: "0512-62889100 转 8",
      email: "gu@lanshi.example",
      url: "www.lanshi.example",
      address: "江苏省苏州市工业园区榭雨街 88 号",
    },
  ],
  [
    "name and title on one line, letters for labels",
    "许 海 涛  采购部经理\n宁波沅海汽车零部件股份有限公司\nM: 13812345678  T: 0574-87654321\nE: xu.ht@yuanhai.example\nA: 浙江省宁波市北仑区大港路100号",
    {
      name: "许海涛",
      department: "采购部",
      title: "经理",
      company: "宁波沅海汽车零部件股份有限公司",
      mobile: "13812345678",
      phone: "0574-87654321",
      email: "xu.ht@yuanhai.example",
      address: "浙江省宁波市北仑区大港路100号",
    },
  ],
  [
    "without any label",
    "常州禾序机器人有限公司\n唐敏 销售总监\n13900001111\ntang@hexu.example\nhexu.example\n常州市武进区常武中路18号科教城",
    {
      name: "唐敏",
      title: "销售总监",
      company: "常州禾序机器人有限公司",
      mobile: "13900001111",
      email: "tang@hexu.example",
      url: "hexu.example",
      address: "常州市武进区常武中路18号科教城",
    },
  ],
  [
    "full-width signs and WeChat",
    "姓名：欧阳文静\n公司：上海启明医疗器械有限公司\n职务：研发工程师\n微信：ouyang_wj\n手机：＋８６ １３７ ８８８８ ９９９９",
    {
      name: "欧阳文静",
      company: "上海启明医疗器械有限公司",
      title: "研发工程师",
      wechat: "ouyang_wj",
      mobile: "+86 137 8888 9999",
    },
  ],
  [
    "several numbers on a line",
    "秦主任\n质量部\n电话:021-55667788 传真:021-55667789 手机:13611112222",
    { department: "质量部", phone: "021-55667788", mobile: "13611112222" },
  ],
  [
    "a German card",
    "Röder Messtechnik GmbH\nDr. Anna Roth\nLeiterin Einkauf\nTel. +49 89 1234567\nMobil: +49 170 1234567\nFax +49 89 1234568\nanna.roth@roeder.example\nwww.roeder.example\nLeopoldstraße 12, 80802 München",
    {
      name: "Anna Roth",
      company: "Röder Messtechnik GmbH",
      title: "Leiterin Einkauf",
      phone: "+49 89 1234567",
      mobile: "+49 170 1234567",
      email: "anna.roth@roeder.example",
      url: "www.roeder.example",
      address: "Leopoldstraße 12, 80802 München",
    },
  ],
  [
    "a Danish card",
    "Peter Holm\nHead of Purchasing\nNordlys Instruments ApS\nMobile: +45 20 12 34 56\npeter.holm@nordlys.example",
    {
      name: "Peter Holm",
      title: "Head of Purchasing",
      company: "Nordlys Instruments ApS",
      mobile: "+45 20 12 34 56",
      email: "peter.holm@nordlys.example",
    },
  ],
  [
    "an American card",
    "John Q. Public\nVP of Procurement\nZimmer & Turner Plastics Inc.\n1 Main Street, Suite 400, Austin, TX 78701\nOffice (512) 555-0100 | Cell (512) 555-0199\nJohn.Public@zt.example\nhttps://zt.example/contact",
    {
      name: "John Q. Public",
      title: "VP of Procurement",
      company: "Zimmer & Turner Plastics Inc.",
      address: "1 Main Street, Suite 400, Austin, TX 78701",
      phone: "(512) 555-0100",
      mobile: "(512) 555-0199",
      email: "john.public@zt.example",
      url: "https://zt.example/contact",
    },
  ],
  [
    "a signature of one line",
    "Marie van den Berg, Sales Director, marie@acme.example, +31 20 123 4567",
    { name: "Marie van den Berg", title: "Sales Director", email: "marie@acme.example", phone: "+31 20 123 4567" },
  ],
  [
    "both languages on one card",
    "林晓岚 Lin Xiaolan\n产品经理 Product Manager\n启衡仪器有限公司\n+86 139 0000 2222",
    { name: "林晓岚", company: "启衡仪器有限公司", mobile: "+86 139 0000 2222" },
  ],
];

describe("a business card", () => {
  it.each(cases)("%s", (_, text, wanted) => expect(readCard(text)).toMatchObject(wanted));

  it("guesses nothing from prose", () => {
    const card = readCard("They want it by May, price is not the point.\n下周再约时间谈二期。");
    expect(Object.values(card).filter(Boolean)).toEqual([]);
  });
});
