/*
 * syntax.c
 *		Makes CREATE TVIEW, DROP TVIEW and ALTER TVIEW parse on a stock server.
 *
 * The scanner looks up every unquoted word in ScanKeywords, a constant that
 * holds a pointer to its hash function.  tview_syntax_init() points it at
 * keyword_hash(), which hands every word on to the server's own function, but
 * may edit the text first.  That is safe because the scanner works on a copy
 * of the source of its own, and looks at the word again after hashing it:
 *
 * - at the word TVIEW: if the statement so far is exactly CREATE, DROP or
 *	 ALTER, the five letters are overwritten by TABLE;
 * - at the word CREATE: if a statement begins here and goes on with OR REPLACE
 *	 TVIEW, the words OR REPLACE are overwritten by spaces, since CREATE OR
 *	 REPLACE TABLE is no statement.
 *
 * No byte moves, so every position in an error message stays right.  Neither
 * sequence of words can begin a statement the server knows, so nothing that
 * parses without this module changes its meaning.  That a statement begins is
 * made sure of from the text before: ALTER TABLE t DROP tview and SELECT drop
 * tview FROM t are about a column.  Literals, quoted names and comments are
 * no words to the scanner, so text inside them never gets here.
 *
 * What is known about the copy at that moment: it holds no NUL; the scanner
 * has put one in the place of the character after the current word and will
 * put that character back; two NULs end it.  It begins at the start of a
 * palloc chunk, and a byte that is zero comes at most nine bytes before (see
 * source_start()).  So every scan here, in either direction, stops at a NUL,
 * except that the character hidden at CREATE has to be stepped over.
 *
 * No state is kept between calls: a parse that fails leaves nothing behind.
 * The hash pointer is set once per process, or once in the postmaster for all
 * its children, and taken back only if the probe fails.
 */
#include "postgres.h"

#include <ctype.h>
#ifdef __ELF__
#include <link.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

#include "common/keywords.h"
#include "ddl/syntax.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scansup.h"
#include "utils/memutils.h"

/* Uses both edits, and the skipping of comments. */
#define PROBE_STATEMENT \
	"/**/ CREATE OR REPLACE--\n TVIEW pg_tviews_probe AS SELECT 1"

#define HIGH_BITS UINT64CONST(0x8080808080808080)

/* Indexed by TviewStatementKind. */
static const char *const commands[] = {"create", "drop", "alter"};

static ScanKeywordHashFunc server_hash;


/*
 * Reading SQL text, by the rules of the server's scanner (scan.l).
 *
 * All of these take a position in a NUL-terminated text and return a position
 * at or before its NUL.  They expect to start between two tokens.
 */

static inline bool
is_newline(char c)
{
	return c == '\n' || c == '\r';
}

static inline bool
is_word_start(char c)
{
	return isalpha((unsigned char) c) || c == '_' || IS_HIGHBIT_SET(c);
}

static inline bool
is_word_char(char c)
{
	return is_word_start(c) || isdigit((unsigned char) c) || c == '$';
}

/* Keywords are ASCII and compared as such, whatever the locale. */
static bool
same_letters(const char *text, const char *keyword)
{
	for (; *keyword != '\0'; text++, keyword++)
	{
		if (pg_ascii_tolower((unsigned char) *text) != *keyword)
			return false;
	}
	return true;
}

static bool
word_is(const char *p, const char *keyword)
{
	return same_letters(p, keyword) && !is_word_char(p[strlen(keyword)]);
}

static const char *
skip_line(const char *p)
{
	while (*p != '\0' && !is_newline(*p))
		p++;
	return p;
}

/* "p" is behind the opening slash and star; comments nest. */
static const char *
skip_block_comment(const char *p)
{
	int			depth = 1;

	for (; *p != '\0' && depth > 0; p++)
	{
		if (p[0] == '*' && p[1] == '/')
			p++, depth--;
		else if (p[0] == '/' && p[1] == '*')
			p++, depth++;
	}
	return p;
}

/* Skips white space and comments. */
static const char *
skip_blanks(const char *p)
{
	for (;;)
	{
		if (scanner_isspace(*p))
			p++;
		else if (p[0] == '-' && p[1] == '-')
			p = skip_line(p);
		else if (p[0] == '/' && p[1] == '*')
			p = skip_block_comment(p + 2);
		else
			return p;
	}
}

/*
 * "p" is behind the opening quote.  A literal goes on if its closing quote is
 * doubled, or followed by white space with a newline in it and another quote.
 * Without a newline that would be an error, so it need not be looked for.
 */
static const char *
skip_string(const char *p, bool escapes)
{
	for (; *p != '\0'; p++)
	{
		if (*p == '\\' && escapes && p[1] != '\0')
			p++;
		else if (*p == '\'')
		{
			const char *next = skip_blanks(p + 1);

			if (*next != '\'')
				return p + 1;
			p = next;
		}
	}
	return p;
}

/* A dollar-quoted string, a parameter, or a dollar sign in a wrong place. */
static const char *
skip_dollar(const char *p)
{
	const char *tag = p++;
	size_t		taglen;

	while (is_word_char(*p) && *p != '$')
		p++;
	if (*p != '$' || isdigit((unsigned char) tag[1]))
		return tag + 1;

	taglen = ++p - tag;
	for (p = strchr(p, '$'); p != NULL; p = strchr(p + 1, '$'))
	{
		if (strncmp(p, tag, taglen) == 0)
			return p + taglen;
	}
	return "";
}

/*
 * A keyword or name, or a literal that starts with a letter.  N'...' and
 * U&'...' need no care: what follows the letter is skipped as a plain string.
 */
static const char *
skip_word(const char *p)
{
	const char *start = p;

	while (is_word_char(*p))
		p++;
	if (p == start + 1 && *p == '\'')
	{
		if (*start == 'e' || *start == 'E')
			return skip_string(p + 1, true);
		if (strchr("bBxX", *start) != NULL)
			return skip_string(p + 1, false);
	}
	return p;
}

/*
 * Operators and punctuation are skipped by the character.  So are digits: a
 * word glued to a number is an error, or ('1e5', '0xff') harmless as a word.
 */
static const char *
skip_token(const char *p)
{
	if (*p == '\'')
		return skip_string(p + 1, !standard_conforming_strings);
	if (*p == '"')
	{
		/* a doubled quote inside reads as the start of another name: fine */
		p = strchr(p + 1, '"');
		return p == NULL ? "" : p + 1;
	}
	if (*p == '$')
		return skip_dollar(p);
	if (is_word_start(*p))
		return skip_word(p);
	return p + 1;
}

/* Returns where the last statement of a text begins. */
static const char *
last_statement(const char *source)
{
	const char *p = skip_blanks(source);
	const char *start = p;

	while (*p != '\0')
	{
		bool		ends = (*p == ';');

		CHECK_FOR_INTERRUPTS();
		p = skip_blanks(skip_token(p));
		if (ends)
			start = p;
	}
	return start;
}

/*
 * Reads CREATE [OR REPLACE], DROP or ALTER.  Returns the position of the next
 * word, or NULL if the text begins with something else.
 */
static const char *
match_command(const char *p, TviewStatement *out)
{
	const char *replace;
	int			kind = 0;

	while (!word_is(p, commands[kind]))
	{
		if (++kind == (int) lengthof(commands))
			return NULL;
	}

	out->kind = kind;
	out->or_replace = false;
	p = skip_blanks(p + strlen(commands[kind]));
	if (kind == TVIEW_STATEMENT_CREATE && word_is(p, "or"))
	{
		replace = skip_blanks(p + strlen("or"));
		if (word_is(replace, "replace"))
		{
			out->or_replace = true;
			p = skip_blanks(replace + strlen("replace"));
		}
	}
	return p;
}

/*
 * Returns where the scanner's copy begins, given a word in it.
 *
 * The text before the word holds no NUL, but the header of its chunk does.  In
 * 15 that is a size and the address of the memory context.  Since 16 it is one
 * number: either some of its bits are always zero, or (a chunk with a block of
 * its own) none of its bytes is, and the address before it has a zero byte.
 * As chunks are aligned, the first aligned address behind the last NUL is the
 * chunk, or in that last case its header: eight bytes that all have the high
 * bit set.  A text that begins with such bytes loses them here, which is
 * harmless: no statement begins so.
 *
 * This relies on 64-bit addresses; see install().
 */
static const char *
source_start(const char *word)
{
	const char *start = word;

	while (start[-1] != '\0')
		start--;
	start = (const char *) TYPEALIGN(sizeof(uint64), start);
	if ((*(const uint64 *) start & HIGH_BITS) == HIGH_BITS)
		start += sizeof(uint64);
	return start;
}

/*
 * Skips white space backwards.  What a comment holds cannot be told backwards,
 * so *comment says whether one may end where the white space begins: at the
 * end of a block comment, or at a newline if the line has two dashes in it.
 */
static const char *
skip_space_backwards(const char *p, bool *comment)
{
	bool		newline = false;
	const char *line;

	while (scanner_isspace(p[-1]))
	{
		p--;
		newline |= is_newline(*p);
	}
	*comment = (p[-1] == '/' && p[-2] == '*');
	for (line = p; newline && line[-1] != '\0' && !is_newline(line[-1]); line--)
	{
		if (line[-1] == '-' && line[-2] == '-')
			*comment = true;
	}
	return p;
}

/*
 * Does a statement begin at this word?
 *
 * A semicolon followed by white space only, and not in a line comment, ends a
 * statement: all else that may hold one ends in a character of its own.  Only
 * where there may be a comment must the text be read from its beginning, which
 * in a long script of TVIEW statements adds up.
 */
static bool
statement_begins(const char *word)
{
	bool		comment;
	const char *p = skip_space_backwards(word, &comment);

	if (comment)
		return last_statement(source_start(word)) == word;
	return p[-1] == ';' || source_start(word) >= p;
}

/* Is the statement so far exactly CREATE, DROP or ALTER? */
static bool
follows_command(const char *word)
{
	TviewStatement statement;
	bool		comment;
	const char *p = skip_space_backwards(word, &comment);
	int			i;

	if (comment)
	{
		p = last_statement(source_start(word));
		return match_command(p, &statement) == word && !statement.or_replace;
	}
	for (i = 0; i < (int) lengthof(commands); i++)
	{
		if (same_letters(p - strlen(commands[i]), commands[i]))
			return statement_begins(p - strlen(commands[i]));
	}
	return false;
}

/*
 * At the word CREATE: blanks OR REPLACE where TVIEW follows.
 *
 * The character behind CREATE is hidden by the scanner's NUL.  If it is part
 * of a comment start the rest of that gives it away; if it is anything but
 * white space the statement is an error, before and after the edit.
 */
static void
edit_or_replace(char *word)
{
	const char *p = word + strlen("create") + 1;
	const char *or;
	const char *replace;

	if (*p == '-')
		p = skip_line(p);
	else if (*p == '*')
		p = skip_block_comment(p + 1);

	or = skip_blanks(p);
	if (!word_is(or, "or"))
		return;
	replace = skip_blanks(or + strlen("or"));
	if (!word_is(replace, "replace"))
		return;
	if (!word_is(skip_blanks(replace + strlen("replace")), "tview") ||
		!statement_begins(word))
		return;

	memset(word + (or - word), ' ', strlen("or"));
	memset(word + (replace - word), ' ', strlen("replace"));
}

/*
 * Takes the place of the hash function of ScanKeywords; called for every
 * unquoted word of every SQL text, so the common case must cost nothing.
 *
 * The server also calls it for names it is about to print, to see whether they
 * need quotes.  Such a name is a string of its own: tview has no CREATE in front
 * of it, and create no OR REPLACE behind its NUL.
 */
static int
keyword_hash(const void *key, size_t keylen)
{
	char	   *word = unconstify(void *, key);

	if (keylen == 5 && (*word == 't' || *word == 'T'))
	{
		if (same_letters(word, "tview") && follows_command(word))
			memcpy(word, "TABLE", 5);
	}
	else if (keylen == 6 && (*word == 'c' || *word == 'C'))
	{
		if (same_letters(word, "create"))
			edit_or_replace(word);
	}
	return server_hash(key, keylen);
}

typedef struct PageRights
{
	uintptr_t	page;
	uintptr_t	pagesize;
	int			protection;		/* PROT_* flags, or -1 if not found */
} PageRights;

#ifdef __ELF__

/*
 * Called for each loaded object: if the page is in one of its segments, sets
 * the rights the loader gave to the page.  A segment that is made read-only
 * once its addresses are filled in (RELRO) says so apart; a page that is only
 * partly in that range stays writable.
 */
static int
find_page_rights(struct dl_phdr_info *object,
				 size_t size pg_attribute_unused(), void *arg)
{
	PageRights *rights = arg;
	bool		relro = false;
	int			i;

	for (i = 0; i < object->dlpi_phnum; i++)
	{
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t	low = object->dlpi_addr + segment->p_vaddr;
		uintptr_t	high = low + segment->p_memsz;

		low = TYPEALIGN_DOWN(rights->pagesize, low);
		if (segment->p_type == PT_LOAD &&
			rights->page >= low && rights->page < high)
			rights->protection = ((segment->p_flags & PF_R) ? PROT_READ : 0) |
				((segment->p_flags & PF_W) ? PROT_WRITE : 0) |
				((segment->p_flags & PF_X) ? PROT_EXEC : 0);
		else if (segment->p_type == PT_GNU_RELRO &&
				 rights->page >= low && rights->page + rights->pagesize <= high)
			relro = true;
	}
	if (relro && rights->protection >= 0)
		rights->protection &= ~PROT_WRITE;
	return rights->protection >= 0;
}

#endif							/* __ELF__ */

/*
 * Stores the hash function of ScanKeywords, which normally lies in memory that
 * is read-only after start-up, and leaves the page as it was.  False if its
 * rights are not known: to make it read-only by guess would stop the server if
 * a variable shared the page.
 */
static bool
hash_pointer_store(ScanKeywordHashFunc hash)
{
	volatile ScanKeywordHashFunc *field =
		unconstify(ScanKeywordHashFunc *, &ScanKeywords.hash);
	size_t		pagesize = sysconf(_SC_PAGESIZE);
	void	   *page = (void *) TYPEALIGN_DOWN(pagesize, field);
	PageRights	rights = {(uintptr_t) page, pagesize, -1};

#ifdef __ELF__
	dl_iterate_phdr(find_page_rights, &rights);
#endif
	if (rights.protection < 0)
		return false;
	if (rights.protection & PROT_WRITE)
	{
		*field = hash;
		return true;
	}

	if (mprotect(page, pagesize, rights.protection | PROT_WRITE) != 0)
		return false;
	*field = hash;
	if (mprotect(page, pagesize, rights.protection) != 0)
		ereport(LOG,
				(errmsg("could not make the keyword table read-only again: %m")));
	return true;
}

/*
 * Does the probe statement parse, and to the right tree?  A syntax error is a
 * "no"; it may be caught without a subtransaction, since parsing holds nothing
 * but memory, and that is in a context of its own.
 */
static bool
probe(void)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "tview syntax probe",
												  ALLOCSET_DEFAULT_SIZES);
	volatile bool parses = false;

	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		List	   *statements = raw_parser(PROBE_STATEMENT, RAW_PARSE_DEFAULT);

		parses = IsA(linitial_node(RawStmt, statements)->stmt,
					 CreateTableAsStmt);
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_SYNTAX_ERROR)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return parses;
}

/*
 * Installs the hash function; false, and nothing changed, if that does not
 * work here.
 */
static bool
install(void)
{
	if (sizeof(void *) < 8)
		return false;			/* source_start() would not do */

	server_hash = ScanKeywords.hash;
	if (!hash_pointer_store(keyword_hash))
		return false;
	if (probe())
		return true;
	hash_pointer_store(server_hash);
	return false;
}

void
tview_syntax_init(void)
{
	if (!install())
		ereport(LOG,
				(errmsg("the statements CREATE TVIEW, DROP TVIEW and ALTER TVIEW are not available"),
				 errdetail("The keyword table of this server cannot be redirected."),
				 errhint("Use the functions pg_tviews_create() and pg_tviews_drop().")));
}

bool
tview_statement_parse(const char *source, int location, int length,
					  TviewStatement *out)
{
	TviewStatement statement;
	const char *start = source + Max(location, 0);
	const char *p = skip_blanks(start);

	while (*p == ';')
		p = skip_blanks(p + 1);
	p = match_command(p, &statement);
	if (p == NULL || !word_is(p, "tview"))
		return false;
	if (length > 0 && p + strlen("tview") > start + length)
		return false;
	*out = statement;
	return true;
}
