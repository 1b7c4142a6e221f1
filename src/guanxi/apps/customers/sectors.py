"""The divisions of GB/T 4754-2017 (industrial classification for national economic activities), sections A to T."""

from __future__ import annotations

SECTORS = """\
a01 Farming 农业 | a02 Forestry 林业 | a03 Animal_husbandry 畜牧业 | a04 Fishery 渔业 | a05 Services_to_agriculture 农林牧渔专业及辅助性活动
| b06 Coal_mining 煤炭开采和洗选业 | b07 Oil_and_gas_extraction 石油和天然气开采业 | b08 Ferrous_metal_mining 黑色金属矿采选业
| b09 Non-ferrous_metal_mining 有色金属矿采选业 | b10 Non-metal_mining 非金属矿采选业 | b11 Services_to_mining 开采专业及辅助性活动 | b12 Other_mining 其他采矿业
| c13 Farm_food_processing 农副食品加工业 | c14 Food 食品制造业 | c15 Beverages_and_tea 酒、饮料和精制茶制造业 | c16 Tobacco 烟草制品业 | c17 Textiles 纺织业
| c18 Clothing 纺织服装、服饰业 | c19 Leather_and_footwear 皮革、毛皮、羽毛及其制品和制鞋业 | c20 Wood_products 木材加工和木、竹、藤、棕、草制品业 | c21 Furniture 家具制造业
| c22 Paper 造纸和纸制品业 | c23 Printing 印刷和记录媒介复制业 | c24 Culture_and_sports_goods 文教、工美、体育和娱乐用品制造业
| c25 Petroleum_and_coal_processing 石油、煤炭及其他燃料加工业 | c26 Chemicals 化学原料和化学制品制造业 | c27 Pharmaceuticals 医药制造业 | c28 Chemical_fibres 化学纤维制造业
| c29 Rubber_and_plastics 橡胶和塑料制品业 | c30 Non-metallic_minerals 非金属矿物制品业 | c31 Ferrous_metals 黑色金属冶炼和压延加工业
| c32 Non-ferrous_metals 有色金属冶炼和压延加工业 | c33 Metal_products 金属制品业 | c34 General_machinery 通用设备制造业 | c35 Special_machinery 专用设备制造业
| c36 Motor_vehicles 汽车制造业 | c37 Rail,_ships_and_aerospace 铁路、船舶、航空航天和其他运输设备制造业 | c38 Electrical_machinery 电气机械和器材制造业
| c39 Computers_and_electronics 计算机、通信和其他电子设备制造业 | c40 Instruments 仪器仪表制造业 | c41 Other_manufacturing 其他制造业
| c42 Waste_recovery 废弃资源综合利用业 | c43 Repair_of_machinery 金属制品、机械和设备修理业
| d44 Power_and_heat 电力、热力生产和供应业 | d45 Gas_supply 燃气生产和供应业 | d46 Water_supply 水的生产和供应业
| e47 Building 房屋建筑业 | e48 Civil_engineering 土木工程建筑业 | e49 Building_installation 建筑安装业 | e50 Building_decoration 建筑装饰、装修和其他建筑业
| f51 Wholesale 批发业 | f52 Retail 零售业
| g53 Rail_transport 铁路运输业 | g54 Road_transport 道路运输业 | g55 Water_transport 水上运输业 | g56 Air_transport 航空运输业 | g57 Pipelines 管道运输业
| g58 Freight_forwarding 多式联运和运输代理业 | g59 Warehousing 装卸搬运和仓储业 | g60 Post_and_delivery 邮政业
| h61 Accommodation 住宿业 | h62 Catering 餐饮业
| i63 Telecommunications 电信、广播电视和卫星传输服务 | i64 Internet_services 互联网和相关服务 | i65 Software_and_IT_services 软件和信息技术服务业
| j66 Banking 货币金融服务 | j67 Capital_markets 资本市场服务 | j68 Insurance 保险业 | j69 Other_finance 其他金融业
| k70 Real_estate 房地产业
| l71 Leasing 租赁业 | l72 Business_services 商务服务业
| m73 Research_and_development 研究和试验发展 | m74 Technical_services 专业技术服务业 | m75 Technology_promotion 科技推广和应用服务业
| n76 Water_management 水利管理业 | n77 Environmental_protection 生态保护和环境治理业 | n78 Public_facilities 公共设施管理业 | n79 Land_management 土地管理业
| o80 Services_to_residents 居民服务业 | o81 Repair_of_vehicles_and_goods 机动车、电子产品和日用产品修理业 | o82 Other_services 其他服务业
| p83 Education 教育
| q84 Health 卫生 | q85 Social_work 社会工作
| r86 Press_and_publishing 新闻和出版业 | r87 Broadcasting_and_film 广播、电视、电影和录音制作业 | r88 Arts 文化艺术业 | r89 Sports 体育 | r90 Entertainment 娱乐业
| s91 Party_organs 中国共产党机关 | s92 State_bodies 国家机构 | s93 Political_parties 人民政协、民主党派 | s94 Social_security 社会保障
| s95 Social_organisations 群众团体、社会团体和其他成员组织 | s96 Grassroots_organisations 基层群众自治组织及其他组织
| t97 International_organisations 国际组织"""
"""Options written as those of a ``Select``; the name is section and division."""
