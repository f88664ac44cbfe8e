import sys; sys.path.insert(0,'/tmp/w-columns/src'); sys.path.insert(0,'/tmp/w-columns/tests')
from collections import Counter
import copy
from hypothesis import given, settings, HealthCheck, Phase, strategies as st
from strategies import cases, rule_sets, submissions as subs
import cchc_rules.testing as pack
from tables import *
from cchc_rules import parse_rules
from cchc_rules.table.score import Scorer
C=Counter()
N=int(sys.argv[1]); which=sys.argv[2]
def check(rules, ss):
    df=table_of(rules,ss)
    from cchc_rules.table.layout import layout
    want=expected(rules,[layout(rules).submission(r) for r in df.iter_rows(named=True)])
    S=Scorer(rules,few=0).score(df.with_row_index('row',offset=1).with_columns(pl.col('row').cast(pl.Int64)))
    assert S.results.height+len(set(S.errors['row'].to_list()))==len(ss)
    good=[w for w in want if w is not None]
    got=shown(S.results,good)
    C['rows']+=len(ss); C['singly']+=S.alone; C['by_row']+=sum(len(x.by_row) for x in S.steps); C['refused']+=len(want)-len(good); C['sets']+=1
    for g,w in zip(got,good):
        diff={k:(g[k],w[k]) for k in w if g[k]!=w[k]}
        assert not diff, diff
if which=='pack':
    @settings(max_examples=N,deadline=None,suppress_health_check=[*HealthCheck],database=None,phases=[Phase.explicit,Phase.generate])
    @given(st.data())
    def law(data):
        rules=data.draw(pack.rule_sets())
        ss=data.draw(st.lists(pack.submissions(rules),min_size=1,max_size=5))
        ss=[{**s,'measurements':{k:(v.isoformat() if hasattr(v,'isoformat') else v) for k,v in s['measurements'].items()}} for s in ss]
        for s in ss:
            for k,v in s['measurements'].items():
                if isinstance(v,dict) and 'waived' in v: v['waived']={a:str(b) for a,b in v['waived'].items()}
        check(rules,ss)
else:
    @settings(max_examples=N,deadline=None,suppress_health_check=[*HealthCheck],database=None,phases=[Phase.explicit,Phase.generate])
    @given(cases())
    def law(case):
        text,_,s=case
        check(parse_rules(text),[s])
law(); print(C)
