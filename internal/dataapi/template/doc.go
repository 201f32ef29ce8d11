// Package template turns the script of a data API and the parameters of a call
// into one SQL statement and the values bound to its placeholders.
//
// A script is SQL, or dynamic SQL: SQL with elements within <select>. "#{x}"
// binds the value of an expression, a list as one placeholder for each element;
// a value never becomes text. "${x}" puts text into the statement, and only for
// a parameter that is declared as a fragment: the name of a field, an order, a
// number, one of some texts, each checked and written by this package.
//
// The elements are those MyBatis has and DataLeap names:
//
//	<if test="…">                            the body if the test is true
//	<choose><when test="…"><otherwise>       the first one that applies
//	<where>                                  WHERE in front of the body, unless that is empty
//	<trim prefix suffix prefixOverrides suffixOverrides>
//	<foreach collection item index open close separator nullable>
//	<bind name="…" value="…"/>               a name for a value, up to the end of the element around
//	<function name="f" params="a, b">        a part that <call name="f" a="…" b="…"/> repeats
//	<!-- … -->  <![CDATA[ … ]]>
//
// Only these names begin an element: any other "<" is an operator, so that
// nothing needs to be escaped, and &lt; &gt; &amp; may be. Strings, quoted names
// and comments of the dialect are opaque; a placeholder in one is an error.
//
// [Parse] is done once, [Script.Render] for each call. Whether the statement is
// one that may run is not decided here.
package template
