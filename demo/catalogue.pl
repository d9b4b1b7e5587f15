#!/usr/bin/perl
# Turns Debian's package catalogue into one COPY file per table.
#
#   apt-cache dumpavail | catalogue.pl DIRECTORY
#
# The catalogue is a sequence of stanzas divided by blank lines; a stanza is a
# list of "Field: value" lines, where a line that starts with white space
# continues the field above it.  Everything is read before anything is
# written, because a package may depend on one that comes later.
#
# Needs nothing but perl-base, which every Debian machine has.

use strict;
use warnings;

# In the order of the type dependency_kind.
my @KINDS = qw(Pre-Depends Depends Recommends Suggests Enhances Breaks Conflicts Replaces);

my $PACKAGE_NAME = qr/[A-Za-z0-9][A-Za-z0-9+.-]*/;

my $ALTERNATIVE = qr/^ ($PACKAGE_NAME)                               # name
                       (?: : ([A-Za-z0-9-]+) )?                      # :any
                       (?: \s* \( \s* ([<>=]+) \s* ([^\s()]+) \s* \) )?   # (>= 1.2)
                       $/x;

my $native = native_architecture();
my %stanza_of;		# package name => its stanza
my %skipped;		# what could not be read => how often

my $directory = shift or die "usage: $0 DIRECTORY < catalogue\n";
read_catalogue();
write_tables();
warn "\n  skipped $skipped{$_} $_\n" for sort keys %skipped;

sub native_architecture
{
	chomp(my $architecture = qx(dpkg --print-architecture));
	return $architecture;
}

sub read_catalogue
{
	my (%stanza, $field);

	while (my $line = <STDIN>)
	{
		$line =~ s/\s+\z//;
		if ($line eq '')
		{
			keep({%stanza});
			(%stanza, $field) = ();
		}
		elsif ($line =~ /^\s+(.*)/)
		{
			$stanza{$field} .= "\n$1" if defined $field;
		}
		elsif ($line =~ /^([^\s:]+):\s*(.*)/)
		{
			$field = $1;
			$stanza{$field} = as_text($2);
		}
	}
	keep({%stanza});
	die "the catalogue is empty: run apt-get update\n" unless %stanza_of;
}

# The catalogue is UTF-8 by policy; what is not is taken for Latin-1.
sub as_text
{
	my ($bytes) = @_;
	utf8::decode($bytes);
	return $bytes;
}

# Where the catalogue holds a package more than once, the machine's own
# architecture goes before foreign ones, and then the newest version counts.
sub keep
{
	my ($new) = @_;

	return unless %$new;
	unless (defined $new->{Package} && defined $new->{Version})
	{
		$skipped{'stanzas without package name or version'}++;
		return;
	}
	my $old = $stanza_of{$new->{Package}};
	$stanza_of{$new->{Package}} = $new if !$old || is_better($new, $old);
}

sub is_better
{
	my ($new, $old) = @_;

	my ($new_is_foreign, $old_is_foreign) = map { is_foreign($_) } $new, $old;
	return $old_is_foreign if $new_is_foreign != $old_is_foreign;
	return system('dpkg', '--compare-versions', $new->{Version}, 'gt', $old->{Version}) == 0;
}

sub is_foreign
{
	my $architecture = shift->{Architecture} // 'all';
	return $architecture eq 'all' || $architecture eq $native ? 0 : 1;
}

sub write_tables
{
	my @names = sort keys %stanza_of;
	my %package_id;
	@package_id{@names} = 1 .. @names;

	my %section_id = write_sections(@names);
	my %maintainer_id = write_maintainers(@names);

	my $packages = copy_file('tb_package');
	for my $name (@names)
	{
		my $stanza = $stanza_of{$name};
		my ($summary) = split /\n/, $stanza->{Description} // '';
		my $email = (maintainer_of($stanza))[1];

		put($packages, $package_id{$name}, $name, $stanza->{Version},
			$stanza->{Architecture} // 'all', $summary // '', $stanza->{Homepage},
			whole_number($stanza->{'Installed-Size'}),
			$maintainer_id{$email}, $section_id{section_of($stanza)});
	}
	close $packages or die "$!\n";

	write_dependencies(\@names, \%package_id);
	write_tags(\@names, \%package_id);
}

sub section_of
{
	return shift->{Section} || 'unknown';
}

sub write_sections
{
	my %id;
	my $file = copy_file('tb_section');

	$id{section_of($stanza_of{$_})} = 0 for @_;
	my $next = 0;
	for my $section (sort keys %id)
	{
		put($file, $id{$section} = ++$next, $section);
	}
	close $file or die "$!\n";
	return %id;
}

# Returns (name, email).  Of several maintainers the first counts.
sub maintainer_of
{
	my ($text) = shift->{Maintainer} // '';

	if ($text =~ /^\s*(.*?)\s*<([^<>]*)>/s)
	{
		my ($name, $email) = ($1, lc $2);
		$name =~ s/^"(.*)"$/$1/;
		return ($name eq '' ? $email : $name, $email);
	}
	return ($text eq '' ? ('unknown', 'unknown') : ($text, lc $text));
}

# One maintainer per address, under the name that most packages spell it.
sub write_maintainers
{
	my (%spellings, %id);
	my $file = copy_file('tb_maintainer');

	for my $stanza (@stanza_of{@_})
	{
		my ($name, $email) = maintainer_of($stanza);
		$spellings{$email}{$name}++;
	}
	my $next = 0;
	for my $email (sort keys %spellings)
	{
		my $count = $spellings{$email};
		my ($name) = sort { $count->{$b} <=> $count->{$a} || $a cmp $b } keys %$count;
		put($file, $id{$email} = ++$next, $name, $email);
	}
	close $file or die "$!\n";
	return %id;
}

# "a (>= 1.2) | b:any, c" becomes three rows: position says which of the
# requirements, alternative which of the ways to meet it.
sub write_dependencies
{
	my ($names, $package_id) = @_;
	my $file = copy_file('tb_dependency');
	my $next = 0;

	for my $name (@$names)
	{
		for my $kind (grep { $stanza_of{$name}{$_} } @KINDS)
		{
			my $position = 0;
			for my $requirement (split_list(',', $stanza_of{$name}{$kind}))
			{
				my $alternative = 0;
				$position++;
				for my $edge (alternatives_of($requirement))
				{
					my ($target, @constraint) = @$edge;
					my $target_id = $package_id->{$target};

					put($file, ++$next, $package_id->{$name}, $target_id,
						defined $target_id ? undef : $target,
						$kind, $position, ++$alternative, @constraint);
				}
			}
		}
	}
	close $file or die "$!\n";
}

# Returns a list of [name, qualifier, operator, version].
sub alternatives_of
{
	my @edges;

	for my $text (split_list('\|', shift))
	{
		if (my @edge = $text =~ $ALTERNATIVE)
		{
			push @edges, \@edge;
		}
		else
		{
			$skipped{"unreadable dependency \"$text\""}++;
		}
	}
	return @edges;
}

sub write_tags
{
	my ($names, $package_id) = @_;
	my (%tag_id, %seen);
	my $tags = copy_file('tb_tag');
	my $package_tags = copy_file('tb_package_tag');

	for my $name (@$names)
	{
		%seen = ();
		for my $tag (tags_of($stanza_of{$name}))
		{
			next if $seen{$tag}++;
			put($tags, $tag_id{$tag} = 1 + keys %tag_id, $tag) unless $tag_id{$tag};
			put($package_tags, $package_id->{$name}, $tag_id{$tag});
		}
	}
	close $_ or die "$!\n" for $tags, $package_tags;
}

# "role::program, interface::{commandline,x11}" is three tags.
sub tags_of
{
	my @tags;

	for my $text (split_list(',(?![^{]*\})', shift->{Tag} // ''))
	{
		my ($facet, $values) = $text =~ /^(.*)\{(.*)\}$/;
		push @tags, defined $values ? map { "$facet$_" } split_list(',', $values) : $text;
	}
	return @tags;
}

sub split_list
{
	my ($separator, $text) = @_;
	my @items = split /$separator/, $text;

	s/^\s+|\s+$//g for @items;
	return grep { $_ ne '' } @items;
}

sub whole_number
{
	my $text = shift // '';
	return $text =~ /^\d+$/ ? $text : undef;
}

sub copy_file
{
	my ($table) = @_;
	open my $file, '>:encoding(UTF-8)', "$directory/$table.copy"
		or die "$directory/$table.copy: $!\n";
	return $file;
}

# One row in the text format of COPY.
sub put
{
	my $file = shift;
	my %escape = ("\\" => '\\\\', "\t" => '\\t', "\n" => '\\n', "\r" => '\\r');

	my @columns = map { defined $_ ? s/([\\\t\n\r])/$escape{$1}/gr : '\\N' } @_;
	tr/\0//d for @columns;
	print {$file} join("\t", @columns), "\n";
}
