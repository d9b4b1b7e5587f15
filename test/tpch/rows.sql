-- Fills the tables at scale :scale, where 1 is 6,000,000 lines of 1,500,000 orders: the same
-- rows in every run. Values are spread as the queries need it: each of the 22 finds something
-- from scale 0.001 on, and none finds everything.
SELECT greatest(round(10000 * :scale), 10)::int AS suppliers,
	greatest(round(200000 * :scale), 200)::int AS parts,
	greatest(round(150000 * :scale), 150)::int AS customers,
	greatest(round(1500000 * :scale), 1500)::int AS orders
\gset

-- Numbers below size that look random: one sequence for each name.
CREATE FUNCTION scatter(name text, n bigint, size int) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN (hashtextextended(name, n) & 2147483647) % size;

CREATE FUNCTION pick(name text, n bigint, list text[]) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN list[1 + scatter(name, n, cardinality(list))];

CREATE FUNCTION sentence(name text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN concat_ws(' ',
		pick(name, 4 * n, '{quickly,slowly,carefully,blithely,furiously,silently}'),
		pick(name, 4 * n + 1, '{final,special,regular,express,pending,ironic,even,bold}'),
		pick(name, 4 * n + 2, '{requests,deposits,packages,accounts,theories,pinto beans}'),
		pick(name, 4 * n + 3, '{sleep,wake,haggle,nag,cajole,doze,detect,integrate}'));

CREATE FUNCTION phone(name text, n bigint, nation int) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN format('%s-%s-%s-%s', nation + 10, 100 + scatter(name || ' phone 1', n, 900),
		100 + scatter(name || ' phone 2', n, 900), 1000 + scatter(name || ' phone 3', n, 9000));

CREATE FUNCTION balance(name text, n bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
	RETURN (scatter(name || ' balance', n, 1099999) - 99999) / 100.0;

-- Every second one is in a nation that a query names: France, Germany, Canada, Saudi Arabia,
-- Brazil, India.
CREATE FUNCTION nation_of(name text, n int) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN n % 2 = 0 THEN ('{6,7,3,20,2,8}'::int[])[1 + n / 2 % 6]
		ELSE scatter(name || ' nation', n, 25) END;

INSERT INTO region
SELECT n - 1, name, sentence('region', n)
FROM unnest('{AFRICA,AMERICA,ASIA,EUROPE,MIDDLE EAST}'::text[]) WITH ORDINALITY AS r(name, n);

INSERT INTO nation
SELECT n - 1, name, region, sentence('nation', n)
FROM unnest(
	'{ALGERIA,ARGENTINA,BRAZIL,CANADA,EGYPT,ETHIOPIA,FRANCE,GERMANY,INDIA,INDONESIA,IRAN,IRAQ,JAPAN,
	JORDAN,KENYA,MOROCCO,MOZAMBIQUE,PERU,CHINA,ROMANIA,SAUDI ARABIA,VIETNAM,RUSSIA,UNITED KINGDOM,
	UNITED STATES}'::text[],
	'{0,1,1,1,4,0,3,3,2,2,4,4,2,4,0,0,0,1,2,3,4,2,3,3,1}'::int[]
) WITH ORDINALITY AS n(name, region, n);

INSERT INTO supplier
SELECT n, format('Supplier#%s', lpad(n::text, 9, '0')), 'Road ' || scatter('s_address', n, 1000),
	nation, phone('supplier', n, nation), balance('supplier', n),
	CASE WHEN scatter('complaints', n, 20) = 0
		THEN sentence('supplier', n) || ' Customer ' || sentence('supplier', -n) || ' Complaints'
		ELSE sentence('supplier', n) END
FROM generate_series(1, :suppliers) n, nation_of('supplier', n) nation;

-- Every second part is one that a query looks for: $2 of it, and the rest by chance.
CREATE FUNCTION wanted(n int, kind int) RETURNS boolean LANGUAGE sql IMMUTABLE
	RETURN n % 2 = 0 AND n / 2 % 8 = kind;

CREATE FUNCTION part_name(n int) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN concat_ws(' ',
		CASE WHEN wanted(n, 0) THEN 'forest' WHEN wanted(n, 1) THEN 'green'
			ELSE pick('colour 1', n, '{almond,azure,blush,chiffon,coral,forest,ghost,green,ivory}') END,
		pick('colour 2', n, '{khaki,lace,lemon,magenta,mint,navy,olive,orchid,peach,plum}'),
		pick('colour 3', n, '{rose,salmon,sienna,sky,snow,tan,thistle,tomato,wheat,yellow}'));

CREATE FUNCTION part_brand(n int) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN 'Brand#' || CASE WHEN wanted(n, 2) OR wanted(n, 3) THEN '23' WHEN wanted(n, 4) THEN '12'
		WHEN wanted(n, 5) THEN '34'
		ELSE (1 + scatter('maker', n, 5)) || (1 + scatter('brand', n, 5))::text END;

CREATE FUNCTION part_type(n int) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN wanted(n, 6) THEN 'ECONOMY ANODIZED STEEL' ELSE concat_ws(' ',
		pick('type 1', n, '{STANDARD,SMALL,MEDIUM,LARGE,ECONOMY,PROMO}'),
		pick('type 2', n, '{ANODIZED,BURNISHED,PLATED,POLISHED,BRUSHED}'),
		CASE WHEN wanted(n, 7) THEN 'BRASS'
			ELSE pick('type 3', n, '{TIN,NICKEL,BRASS,STEEL,COPPER}') END) END;

CREATE FUNCTION part_size(n int) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN wanted(n, 7) THEN 15
		ELSE 1 + scatter('p_size', n, CASE WHEN wanted(n, 3) OR wanted(n, 4) THEN 10 ELSE 50 END) END;

CREATE FUNCTION part_container(n int) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN wanted(n, 2) THEN 'MED BOX' ELSE
		CASE WHEN wanted(n, 3) THEN 'MED' WHEN wanted(n, 4) THEN 'SM' WHEN wanted(n, 5) THEN 'LG'
			ELSE pick('container 1', n, '{SM,LG,MED,JUMBO,WRAP}') END || ' ' ||
		CASE WHEN wanted(n, 3) OR wanted(n, 4) OR wanted(n, 5)
			THEN pick('container 2', n, '{CASE,BOX,BAG,PKG,PACK}')
			ELSE pick('container 2', n, '{CASE,BOX,BAG,PKG,PACK,JAR,CAN,DRUM}') END END;

CREATE FUNCTION part_price(n int) RETURNS numeric LANGUAGE sql IMMUTABLE
	RETURN (90000 + n / 10 % 20001 + 100 * (n % 1000)) / 100.0;

INSERT INTO part
SELECT n, part_name(n), 'Manufacturer#' || substr(part_brand(n), 7, 1), part_brand(n), part_type(n),
	part_size(n), part_container(n), part_price(n), left(sentence('part', n), 23)
FROM generate_series(1, :parts) n;

-- A part comes from four suppliers, numbered from 0.
CREATE FUNCTION supplier_of(part int, i int) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN 1 + (scatter('ps_suppkey', part, :suppliers) + i * (:suppliers / 4)) % :suppliers;

INSERT INTO partsupp
SELECT n, supplier_of(n, i), 1 + scatter('ps_availqty', 4::bigint * n + i, 9999),
	(100 + scatter('ps_supplycost', 4::bigint * n + i, 99901)) / 100.0, sentence('partsupp', 4::bigint * n + i)
FROM generate_series(1, :parts) n, generate_series(0, 3) i;

INSERT INTO customer
SELECT n, format('Customer#%s', lpad(n::text, 9, '0')), 'Street ' || scatter('c_address', n, 1000),
	nation, phone('customer', n, nation), balance('customer', n),
	pick('c_mktsegment', n, '{AUTOMOBILE,BUILDING,FURNITURE,MACHINERY,HOUSEHOLD}'),
	sentence('customer', n)
FROM generate_series(1, :customers) n, nation_of('customer', n) nation;

-- Every third customer orders nothing.
CREATE FUNCTION customer_of(n int) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN 1 + scatter('o_custkey', n, :customers * 2 / 3) * 3 / 2;

CREATE FUNCTION order_date(n int) RETURNS date LANGUAGE sql IMMUTABLE
	RETURN date '1992-01-01' + scatter('o_orderdate', n, 2406);

-- Every hundredth order is a large one, of seven lines.
CREATE FUNCTION line_count(n int) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN n % 100 = 0 THEN 7 ELSE 1 + scatter('lines', n, 7) END;

CREATE FUNCTION line_quantity(n int, line bigint) RETURNS int LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN n % 100 = 0 THEN 44 + scatter('l_quantity', line, 7)
		ELSE 1 + scatter('l_quantity', line, 50) END;

-- The lines of orders first .. last.
CREATE FUNCTION new_lines(first int, last int) RETURNS SETOF lineitem LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT n, part, supplier_of(part, scatter('l_suppkey', line, 4)), i, quantity,
		quantity * part_price(part), scatter('l_discount', line, 11) / 100.0,
		scatter('l_tax', line, 9) / 100.0,
		CASE WHEN received > date '1995-06-17' THEN 'N' ELSE pick('l_returnflag', line, '{R,A}') END,
		CASE WHEN shipped > date '1995-06-17' THEN 'O' ELSE 'F' END,
		shipped, order_date(n) + 30 + scatter('l_commitdate', line, 61), received,
		pick('l_shipinstruct', line, '{DELIVER IN PERSON,COLLECT COD,NONE,TAKE BACK RETURN}'),
		pick('l_shipmode', line, '{REG AIR,AIR,RAIL,SHIP,TRUCK,MAIL,FOB}'), left(sentence('line', line), 44)
	FROM generate_series(first, last) n, generate_series(1, line_count(n)) i,
		LATERAL (VALUES (8::bigint * n + i)) l(line),
		LATERAL (VALUES (1 + scatter('l_partkey', line, :parts), line_quantity(n, line),
			order_date(n) + 1 + scatter('l_shipdate', line, 121))) m(part, quantity, shipped),
		LATERAL (VALUES (shipped + 1 + scatter('l_receiptdate', line, 30))) r(received);
END;

-- Orders first .. last. Status and price are those of their lines.
CREATE FUNCTION new_orders(first int, last int) RETURNS SETOF orders LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT l_orderkey, customer_of(l_orderkey),
		CASE WHEN min(l_linestatus) <> max(l_linestatus) THEN 'P' ELSE min(l_linestatus) END,
		sum(round(l_extendedprice * (1 + l_tax) * (1 - l_discount), 2)), order_date(l_orderkey),
		pick('o_orderpriority', l_orderkey, '{1-URGENT,2-HIGH,3-MEDIUM,4-NOT SPECIFIED,5-LOW}'),
		'Clerk#' || lpad((1 + scatter('o_clerk', l_orderkey, 1000))::text, 9, '0'), 0,
		sentence('order', l_orderkey)
	FROM new_lines(first, last)
	GROUP BY l_orderkey;
END;

INSERT INTO orders SELECT * FROM new_orders(1, :orders);
INSERT INTO lineitem SELECT * FROM new_lines(1, :orders);
