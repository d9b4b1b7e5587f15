/*
 * syntax.h
 *		The words CREATE TVIEW, DROP TVIEW and ALTER TVIEW.
 *
 * The server's grammar cannot be extended, so a TVIEW statement reaches
 * ProcessUtility as the parse tree of the same statement with TABLE in the
 * place of TVIEW.  Whoever handles utility statements asks
 * tview_statement_parse() which of the two the user wrote.
 */
#ifndef TVIEWS_SYNTAX_H
#define TVIEWS_SYNTAX_H

typedef enum TviewStatementKind
{
	TVIEW_STATEMENT_CREATE,
	TVIEW_STATEMENT_DROP,
	TVIEW_STATEMENT_ALTER
} TviewStatementKind;

typedef struct TviewStatement
{
	TviewStatementKind kind;
	bool		or_replace;		/* CREATE OR REPLACE; the parse tree cannot
								 * tell */
} TviewStatement;

/*
 * Makes the scanner of this process accept the words.  Call it from _PG_init,
 * in the postmaster or in a backend; it needs neither a transaction nor a
 * database.
 *
 * A probe statement is parsed afterwards.  If that fails the server is left
 * as it was, one LOG message says that only the functions are available, and
 * TVIEW statements stay syntax errors.  Never raises an error for that.
 */
extern void tview_syntax_init(void);

/*
 * Does a statement say CREATE [OR REPLACE] TVIEW, DROP TVIEW or ALTER TVIEW?
 *
 * "source" is the text given to the parser, as ProcessUtility receives it;
 * "location" and "length" are stmt_location and stmt_len of the PlannedStmt
 * or RawStmt, with their meaning: -1 is an unknown start and taken as 0, a
 * length of 0 is the rest of the text.  White space, comments of both kinds
 * and semicolons before the statement are skipped.  Returns false, and leaves
 * *out alone, for anything else; EXPLAIN CREATE TVIEW or PREPARE ... AS
 * CREATE TVIEW are not TVIEW statements (nor does the parser accept them).
 *
 * Only the first words are looked at, so ask only about a statement that was
 * parsed from this text.  The commands that ProcessUtility runs on behalf of a
 * statement (an index for a constraint, say) carry the location of that
 * statement: do not ask for PROCESS_UTILITY_SUBCOMMAND.  CREATE TVIEW can be
 * any statement that begins with CREATE TABLE, so a CreateStmt (a list of
 * column definitions) as well as a CreateTableAsStmt.
 */
extern bool tview_statement_parse(const char *source, int location, int length,
								  TviewStatement *out);

#endif							/* TVIEWS_SYNTAX_H */
