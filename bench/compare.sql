-- How many documents of tv_post in this schema are not what they must be: what the definition
-- yields here, and in the arm where nothing keeps documents. Both must be the same.
SELECT count(*)
FROM (
	(SELECT pk_post, id, fk_user, user_id, data FROM tv_post EXCEPT ALL TABLE bare.expected)
	UNION ALL
	(TABLE bare.expected EXCEPT ALL SELECT pk_post, id, fk_user, user_id, data FROM tv_post)
	UNION ALL
	(TABLE v_post EXCEPT ALL TABLE bare.expected)
	UNION ALL
	(TABLE bare.expected EXCEPT ALL TABLE v_post)
) AS difference;
