import sys,time,random; sys.path.insert(0,'/tmp/w-columns/src')
import polars as pl
from datetime import date,timedelta
from cchc_rules import load_rules
from cchc_rules.table.compiled import *
from cchc_rules.plan import compiled
rules=load_rules('cam-due-2023')
N=100_000
r=random.Random(1)
cols={'unit':[f'Xã {i}' for i in range(N)],'period':['2023']*N}
for m in rules.metrics.values():
    if not m.submitted: continue
    if m.ratio:
        d=[r.randint(1,400) if r.random()>.05 else None for _ in range(N)]
        cols[f'{m.id}.numerator']=[None if x is None else r.randint(int(x*.6),x) for x in d]; cols[f'{m.id}.denominator']=d
    elif m.distinct: pass
    elif m.type=='yes_no': cols[m.id]=[r.random()>.2 for _ in range(N)]
    elif m.type=='date': cols[m.id]=[date(2023,1,1)+timedelta(r.randint(0,200)) for _ in range(N)]
    elif m.type=='level': cols[m.id]=[r.choice([l.vi for l in m.levels]) for _ in range(N)]
    else: cols[m.id]=[r.randint(1,60) for _ in range(N)]
df=pl.DataFrame(cols)
p=programmed(compiled(rules),df.schema,date(2023,12,31),12)
def tm(name,exprs,frame):
    t=time.time(); f=frame.with_columns(exprs); print(f'{name:12s} {len(exprs):5d} exprs {time.time()-t:.3f}s  {(time.time()-t)/N/79*1e9:.1f} ns/rule'); return f
f=df
for i,c in enumerate(p.reads): f=tm(f'read{i}',c,f)
f=tm('plain',[pl.all_horizontal(p.plain).fill_null(False).alias(PLAIN)],f)
for s,(steps,_) in enumerate(p.stages):
    for i,c in enumerate(steps): f=tm(f'stage{s}.{i}',c,f)
    known=every([pl.col(n) for n in f.columns if n.endswith('|known')]); f=tm('known',[known.alias('k')],f)
for i,c in enumerate(p.adding): f=tm(f'add{i}',c,f)
f=tm('totals',p.totals,f)
for size in (4096,16384,65536,100000):
    t=time.time()
    for s in df.iter_slices(size): p.run(s)
    print(size,(time.time()-t)/N/79*1e9,'ns/rule')
