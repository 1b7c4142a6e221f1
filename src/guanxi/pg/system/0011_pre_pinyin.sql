-- by_pinyin(text): what names are sorted by. GB 18030 has the common characters in the order of their pinyin; the others that names
-- consist of, and family names that are read in another way there (曾, 单, 尉迟), stand in for their sort with one that is read so.
CREATE FUNCTION guanxi.by_pinyin(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(convert_to(translate(lower(
    CASE left(value, 2) WHEN '万俟' THEN '末其' WHEN '尉迟' THEN '玉持' WHEN '单于' THEN '蝉于'
    ELSE translate(left(value, 1), '重秘冼种繁覃缪瞿解折藏翟哈盖查朴乜乐阚区仇单殳於佴召', '虫碧显虫婆秦庙渠械赦脏宅蛤哥扎瓢聂越看欧球擅蔬于耐哨') || substr(value, 2, 1) END
    || substr(value, 3, 2)) COLLATE "C"
    , '鑫睿馨昊晟琪梵薇麟靓茗炫瀚黛泓妍皓禧麒钰奕晖祺琦昱煜昕岚梓荟曦娅珂萱榕烨瑜璞茜淼楠蓓媛倩焱懿瑾淇绮笙芊璐炜翎菁芮芷俪潇雯玮韬熠骐隽岱莞恺琛婕缪骁浔璨珈翊铠婵嫣阙煦沅嵩飒珞邸滕璇勐祯嵘晗晏骅荻蕙菡胥侃箐褚苒煊槿妤窦姝鹂裘铎娴霏滢淦晔婧闫姗筠箫骞扈霁钊佟漪峥暄仝荃颢闵姣瞿邈冼藜奚颉妲珩铄钲蔺凇囡洵谌澍阚逵逯栾娉佘夙覃菀浠臧栩亓晁邝邬邰郜鄢琰嫱焓琬瑗瓒甯纭苓苡葳蘅锴璋冽勖娆怡芙魅咪妃沐嘟驿禅婷孚玺宸喵珑伽缇蔻珀嗨鲨妞缤鹭萃哒柚鳄茉莓兮斐翡橘逍咔豚侬钜噜', '薪瑞薪耗城其范威琳静明眩翰戴虹盐耗喜其玉艺灰其其玉玉薪蓝紫慧昔亚苛轩戎页于莆堑藐南辈苑堑咽艺紧其起声牵麓苇玲荆瑞址莉萧蚊苇掏艺其倦戴管楷郴截谋萧循灿嘉艺楷蝉焉缺蓄元松萨落抵藤悬锰珍戎邯咽华迪慧翰墟坎庆楚冉轩紧于斗蔬厘球夺咸菲莹干页静盐珊耘萧牵护迹招桐一蒸轩桐颧耗抿蕉渠藐显厘昔截达杭硕蒸赁松南循臣术喊葵麓峦乒蛇素坛碗昔赃许其朝矿巫苔告焉奄墙邯碗苑暂柠耘玲椅威横楷樟列蓄饶颐扶昧眯菲墓督艺蝉廷扶喜臣苗龙嘎提扣破骸莎牛彬麓脆达右恶末玫昔匪匪菊萧喀屯脓聚芦') || lower(substr(value, 5)), 'GB18030'), 'hex') COLLATE "C";
