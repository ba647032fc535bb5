(** Rules that certificates carry: a straight-line program for one coordinate, run on reals and on duals. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Checkers Contraction Balls Boxes Fields.
Import ListNotations.
Open Scope R_scope.

(** A rule: each line of the program is an expression in what stands before it, first the mean gradient g of the batch, then
    what the rule reads beside it (the l2 norm of g over all coordinates, or the sum of the squared gradients of the rows),
    then the states, then the lines; [update] and [after] say where in all this the update and the states after the step
    stand; [degrees] are those of the states, over degrees_unit. *)
Record program (K : numbers) : Type := {
  lines : list (expression K);
  update : nat;
  after : list nat;
  degrees_unit : carrier K;
  degrees : list (carrier K);
  reads_norm : bool }.
Arguments lines {K} _.
Arguments update {K} _.
Arguments after {K} _.
Arguments degrees_unit {K} _.
Arguments degrees {K} _.
Arguments reads_norm {K} _.

Fixpoint run_lines (K : numbers) (code : list (expression K)) (env : list R) : list R :=
  match code with [] => env | f :: code => run_lines K code (env ++ [meaning K (fun i => nth i env 0) f]) end.

(** The update, and the states after the step. *)
Definition program_step (K : numbers) (R0 : program K) (g seen : R) (s : list R) : R * list R :=
  let v := run_lines K (lines R0) (g :: seen :: s) in (nth (update R0) v 0, map (fun i => nth i v 0) (after R0)).
Definition degree (K : numbers) (R0 : program K) (j : nat) : R :=
  IZR (value K (nth j (degrees R0) (zero K))) / IZR (value K (degrees_unit R0)).

(** What a rule is given of a batch (how many rows it has, and those that count) in which rows have the weights c. *)
Fixpoint sum_over (l : list nat) (f : nat -> R) : R := match l with [] => 0 | i :: l => f i + sum_over l f end.
Definition mean_gradient (X : nat -> nat -> R) (batch : nat * list nat) (c : nat -> R) (k : nat) : R :=
  - / INR (fst batch) * sum_over (snd batch) (fun i => c i * X i k).
Definition seen_beside (K : numbers) (R0 : program K) (d : nat) (X : nat -> nat -> R) (batch : nat * list nat) (c : nat -> R) (k : nat) : R :=
  if reads_norm R0 then l2 d (mean_gradient X batch c) else sum_over (snd batch) (fun i => (c i * X i k) * (c i * X i k)).

(** The same on duals. *)
Fixpoint run_duals (P : precision) (code : list (expression (over P))) (env : list (dual P)) : option (list (dual P)) :=
  match code with
  | [] => Some env
  | f :: code => match evaluate P env f with Some D => run_duals P code (env ++ [D]) | None => None end
  end.
Definition dual_step (P : precision) (R0 : program (over P)) (g seen : dual P) (s : list (dual P)) : option (dual P * list (dual P)) :=
  match run_duals P (lines R0) (g :: seen :: s) with
  | None => None
  | Some v => on_both pair (nth_error v (update R0)) (all_some (map (nth_error v) (after R0)))
  end.

(** A list of duals encloses a list of functions. *)
Definition list_encloses (P : precision) (n : nat) (points : (nat -> R) -> Prop) (l : list (dual P)) (f : (nat -> R) -> list R) : Prop :=
  (forall v, length (f v) = length l) /\
  forall i, (i < length l)%nat -> encloses P n points (height P l i) (fun v => nth i (f v) 0).

Lemma encloses_ext P n points D f g : (forall v, f v = g v) -> encloses P n points D f -> encloses P n points D g.
Proof.
  intros H [E1 E2]. split; [intros v Hv; rewrite <- H; apply E1; exact Hv|]. intros v u Hv Hu. rewrite <- !H. apply E2; assumption.
Qed.

Lemma list_encloses_nil P n points : list_encloses P n points [] (fun _ => []).
Proof. split; [reflexivity|]. intros i Hi. simpl in Hi. lia. Qed.

Lemma list_encloses_cons P n points D f l g :
  encloses P n points D f -> list_encloses P n points l g -> list_encloses P n points (D :: l) (fun v => f v :: g v).
Proof.
  intros HD [L H]. split; [intros v; simpl; f_equal; apply L|]. intros [|i] Hi; [exact HD|]. apply H. simpl in Hi. lia.
Qed.

Lemma list_encloses_snoc P n points D f l g :
  encloses P n points D f -> list_encloses P n points l g -> list_encloses P n points (l ++ [D]) (fun v => g v ++ [f v]).
Proof.
  intros HD [L H]. split; [intros v; rewrite !length_app, L; reflexivity|]. intros i Hi. rewrite length_app in Hi. simpl in Hi.
  unfold height. destruct (le_lt_dec (length l) i) as [Hle|Hlt].
  - assert (i = length l) by lia. subst i. rewrite app_nth2 by lia. rewrite Nat.sub_diag.
    apply (encloses_ext P n points _ f); [|exact HD]. intros v. rewrite app_nth2 by (rewrite L; lia). rewrite L, Nat.sub_diag. reflexivity.
  - rewrite app_nth1 by exact Hlt. apply (encloses_ext P n points _ (fun v => nth i (g v) 0)); [|apply H; exact Hlt].
    intros v. rewrite app_nth1 by (rewrite L; exact Hlt). reflexivity.
Qed.

Lemma list_encloses_nth P n points l f i D : list_encloses P n points l f -> nth_error l i = Some D ->
  encloses P n points D (fun v => nth i (f v) 0).
Proof.
  intros [_ H] E. assert (Hi : (i < length l)%nat) by (apply nth_error_Some; rewrite E; discriminate).
  specialize (H i Hi). unfold height in H. rewrite (nth_error_nth _ _ _ E) in H. exact H.
Qed.

Lemma all_some_nth {A} : forall (l : list (option A)) r, all_some l = Some r ->
  length r = length l /\ forall i a, (i < length l)%nat -> nth_error l i = Some (Some (nth i r a)).
Proof.
  induction l as [|x l IH]; intros r H; [injection H as <-; split; [reflexivity|simpl; intros; lia]|].
  simpl in H. destruct x as [x|]; [|discriminate]. destruct (all_some l) as [q|]; [|discriminate]. injection H as <-.
  destruct (IH q eq_refl) as [L N]. split; [simpl; congruence|]. intros [|i] a Hi; [reflexivity|]. apply N. simpl in Hi. lia.
Qed.

Lemma all_some_map {A B} (f : A -> option B) l r a b : all_some (map f l) = Some r ->
  length r = length l /\ forall i, (i < length l)%nat -> f (nth i l a) = Some (nth i r b).
Proof.
  intros H. destruct (all_some_nth _ _ H) as [L N]. rewrite length_map in L, N. split; [exact L|]. intros i Hi.
  specialize (N i b Hi). rewrite nth_error_map in N. destruct (nth_error l i) as [x|] eqn:E; [|discriminate].
  simpl in N. injection N as N. rewrite (nth_error_nth _ _ _ E). exact N.
Qed.

Lemma run_duals_sound P n points : forall code env out f,
  list_encloses P n points env f -> run_duals P code env = Some out ->
  list_encloses P n points out (fun v => run_lines (over P) code (f v)).
Proof.
  induction code as [|e code IH]; intros env out f Henv H; [injection H as <-; exact Henv|].
  cbn [run_duals] in H. destruct (evaluate P env e) as [D|] eqn:E; [|discriminate].
  apply (IH (env ++ [D]) out (fun v => f v ++ [meaning (over P) (fun i => nth i (f v) 0) e])); [|exact H].
  apply list_encloses_snoc; [|exact Henv].
  apply (evaluate_sound P n points env (fun v i => nth i (f v) 0) e D); [|exact E].
  intros i F HF. exact (list_encloses_nth P n points env f i F Henv HF).
Qed.

(** A step of duals encloses the step. *)
Lemma dual_step_sound P n points R0 G Seen S g seen s u after :
  encloses P n points G g -> encloses P n points Seen seen -> list_encloses P n points S s ->
  dual_step P R0 G Seen S = Some (u, after) ->
  encloses P n points u (fun v => fst (program_step (over P) R0 (g v) (seen v) (s v))) /\
  list_encloses P n points after (fun v => snd (program_step (over P) R0 (g v) (seen v) (s v))).
Proof.
  intros HG HS Hs H. unfold dual_step in H. destruct (run_duals P _ _) as [out|] eqn:E; [|discriminate].
  pose proof (run_duals_sound P n points _ _ _ _
    (list_encloses_cons P n points G g _ _ HG (list_encloses_cons P n points Seen seen _ _ HS Hs)) E) as Hout.
  destruct (nth_error out (update R0)) as [x|] eqn:Eu; [|discriminate].
  destruct (all_some (map (nth_error out) (Programs.after R0))) as [l|] eqn:Ea; [|discriminate]. injection H as <- <-.
  unfold program_step. cbv zeta. cbn [fst snd]. split; [exact (list_encloses_nth _ _ _ _ _ _ _ Hout Eu)|].
  destruct (all_some_map _ _ _ O (dual_constant P (nothing P)) Ea) as [L N].
  split; [intros v; rewrite length_map; symmetry; exact L|]. intros i Hi. rewrite L in Hi.
  apply (encloses_ext P n points _ (fun v => nth (nth i (Programs.after R0) O) (run_lines (over P) (lines R0) (g v :: seen v :: s v)) 0)).
  - intros v. symmetry. apply (nth_map_below (fun i => nth i (run_lines (over P) (lines R0) (g v :: seen v :: s v)) 0) _ i O 0 Hi).
  - apply (list_encloses_nth P n points out _ _ _ Hout). exact (N i Hi).
Qed.

Lemma sum_over_ext l f g : (forall i, In i l -> f i = g i) -> sum_over l f = sum_over l g.
Proof.
  induction l as [|i l IH]; intros H; [reflexivity|]. simpl. rewrite H by (left; reflexivity). rewrite IH; [reflexivity|].
  intros j Hj. apply H. right. exact Hj.
Qed.

(** ** Rules without states: their field, as expressions *)

(** Batch q of an epoch, of b rows in their order: how many rows it has, and which. *)
Definition whole_batch (b N q : nat) : nat * list nat := (batch_width b N q, seq (q * b) (batch_width b N q)).

(** U(c): minus the mean of the updates over an epoch with frozen gradients. *)
Definition program_field (K : numbers) (R0 : program K) (d b N : nat) (X : nat -> nat -> R) (c : nat -> R) (k : nat) : R :=
  - / INR (batch_count b N) * sum (batch_count b N) (fun q => let batch := whole_batch b N q in
      fst (program_step K R0 (mean_gradient X batch c k) (seen_beside K R0 d X batch c k) [])).

(** A program's lines as expressions in what they are made of at last. *)
Fixpoint substituted (K : numbers) (env : list (expression K)) (f : expression K) : expression K :=
  match f with
  | Ratio a b => Ratio a b
  | Unknown i => nth i env (Ratio (zero K) (zero K))
  | Plus f g => Plus (substituted K env f) (substituted K env g)
  | Times f g => Times (substituted K env f) (substituted K env g)
  | Inverse f => Inverse (substituted K env f)
  | Root f => Root (substituted K env f)
  end.
Fixpoint run_expressions (K : numbers) (code : list (expression K)) (env : list (expression K)) : list (expression K) :=
  match code with [] => env | f :: code => run_expressions K code (env ++ [substituted K env f]) end.
Definition over_count (P : precision) (n : nat) (f : expression (over P)) : expression (over P) :=
  Times (Ratio (opposite (round P) (one_in P)) (count P n)) f.
Definition program_gradient (P : precision) (B : boxed P) (b q k : nat) : expression (over P) :=
  let part := firstn b (skipn (q * b) (column P (rows B) k)) in
  over_count P (length part) (linear_form P (rows_unit B) part (q * b)).
Definition program_seen (P : precision) (R0 : program (over P)) (d : nat) (B : boxed P) (b q k : nat) : expression (over P) :=
  if reads_norm R0
  then Root (expression_sum P d (fun k => Times (program_gradient P B b q k) (program_gradient P B b q k)))
  else square_form P (rows_unit B) (firstn b (skipn (q * b) (column P (rows B) k))) (q * b).
Definition program_fields (P : precision) (R0 : program (over P)) (d : nat) (B : boxed P) (b : nat) : list (expression (over P)) :=
  let n := batch_count b (length (rows B)) in
  map (fun k => over_count P n (expression_sum P n (fun q =>
    nth (update R0) (run_expressions (over P) (lines R0) [program_gradient P B b q k; program_seen P R0 d B b q k])
      (Ratio (zero (over P)) (zero (over P)))))) (seq 0 d).
Definition check_program_box (P : precision) (R0 : program (over P)) (d : nat) (B : boxed P) (b : nat) : bool :=
  check_box P d B (program_fields P R0 d B b).

Lemma meaning_none K c : meaning K c (Ratio (zero K) (zero K)) = 0.
Proof. simpl. rewrite value_zero. unfold Rdiv. ring. Qed.

Lemma meaning_nth K c env i :
  meaning K c (nth i env (Ratio (zero K) (zero K))) = nth i (map (meaning K c) env) 0.
Proof. rewrite <- (map_nth (meaning K c)), meaning_none. reflexivity. Qed.

Lemma meaning_substituted K c env f :
  meaning K c (substituted K env f) = meaning K (fun i => nth i (map (meaning K c) env) 0) f.
Proof.
  induction f as [a b|i|f IHf g IHg|f IHf g IHg|f IHf|f IHf]; simpl; try (rewrite ?IHf, ?IHg; reflexivity). apply meaning_nth.
Qed.

Lemma meaning_run_expressions K c : forall code env,
  map (meaning K c) (run_expressions K code env) = run_lines K code (map (meaning K c) env).
Proof.
  induction code as [|f code IH]; intros env; [reflexivity|]. cbn [run_expressions run_lines].
  rewrite IH, map_app. simpl map. rewrite meaning_substituted. reflexivity.
Qed.

Lemma meaning_over_count P c n f : meaning (over P) c (over_count P n f) = - / INR n * meaning (over P) c f.
Proof.
  unfold over_count. cbn [meaning]. change (IZR (value (over P) (count P n))) with (real P (count P n)).
  change (IZR (value (over P) (opposite (round P) (one_in P)))) with (real P (opposite (round P) (one_in P))).
  rewrite real_count, real_opposite, real_one. unfold Rdiv. ring.
Qed.

Lemma sum_over_seq f : forall n a, sum_over (seq a n) f = sum n (fun i => f (a + i)%nat).
Proof.
  induction n as [|n IH]; intros a; [reflexivity|]. simpl seq. simpl sum_over. rewrite IH, sum_first, Nat.add_0_r. f_equal.
  apply sum_ext. intros i _. f_equal. lia.
Qed.

Lemma part_length P rows b q k : length (firstn b (skipn (q * b) (column P rows k))) = batch_width b (length rows) q.
Proof. rewrite length_firstn, length_skipn, column_length. reflexivity. Qed.

Lemma part_entry P s rows b q k i : (i < batch_width b (length rows) q)%nat ->
  vector_of (over P) s (firstn b (skipn (q * b) (column P rows k))) i = matrix_of (over P) s rows (q * b + i) k.
Proof.
  intros Hi. rewrite <- column_entry. unfold vector_of, entry. do 3 f_equal.
  rewrite nth_firstn_below by (unfold batch_width in Hi; lia). apply nth_skipn_plus.
Qed.

Lemma meaning_program_gradient P c B b q k :
  meaning (over P) c (program_gradient P B b q k)
  = mean_gradient (matrix_of (over P) (rows_unit B) (rows B)) (whole_batch b (length (rows B)) q) c k.
Proof.
  unfold program_gradient, mean_gradient, whole_batch. cbv zeta. cbn [fst snd].
  rewrite meaning_over_count, meaning_linear_form, sum_over_seq, part_length. f_equal. apply sum_ext. intros i Hi.
  rewrite part_entry by exact Hi. reflexivity.
Qed.

Lemma meaning_program_seen P R0 d c B b q k :
  meaning (over P) c (program_seen P R0 d B b q k)
  = seen_beside (over P) R0 d (matrix_of (over P) (rows_unit B) (rows B)) (whole_batch b (length (rows B)) q) c k.
Proof.
  unfold program_seen, seen_beside. destruct (reads_norm R0).
  - cbn [meaning]. rewrite meaning_expression_sum. unfold l2, dot. f_equal. apply sum_ext. intros j _. cbn [meaning].
    rewrite meaning_program_gradient. reflexivity.
  - unfold whole_batch. cbn [fst snd]. rewrite meaning_square_form, sum_over_seq, part_length. apply sum_ext. intros i Hi.
    rewrite part_entry by exact Hi. reflexivity.
Qed.

(** Claims: none.
    Certificates of an equilibrium of any rule without states whose program is made of sums, products, quotients and square
    roots, at any batch size: if the checker says true, there is one equilibrium of positive cost in the box, and only one,
    where $U(c)$ is minus the mean of the program's updates over an epoch with frozen gradients; and its direction is that
    near. *)
Theorem check_program_box_sound :
  forall P R0 d B b,
    check_program_box P R0 d B b = true ->
    let X := matrix_of (over P) (rows_unit B) (rows B) in
    one_equilibrium (length (rows B)) d X (program_field (over P) R0 d b (length (rows B)) X)
      (vector_of (over P) (center_unit B) (center B)) (radius P B)
      (vector_of (over P) (direction_unit B) (direction B)) (real P (near_top B) / real P (near_bottom B)).
Proof.
  intros P R0 d B b H X. apply (check_box_sound P d B (program_fields P R0 d B b)); [|exact H].
  intros c k Hk. unfold program_fields. cbv zeta. rewrite nth_map_seq by exact Hk. rewrite meaning_over_count, meaning_expression_sum.
  unfold program_field. f_equal. apply sum_ext. intros q _. cbv zeta. rewrite meaning_nth, meaning_run_expressions.
  cbn [map]. rewrite meaning_program_gradient, meaning_program_seen. reflexivity.
Qed.
